# Figures of the past: usage and planning.

from-day = First day
to-day = Last day
step = By
step-day = day
step-hour = hour
span-day = { $day } { $year }
span-days = { $from } to { $to } { $year }
range-no-date = Give both days as year-month-day, such as 2026-11-20.
range-backwards = The last day comes before the first: change one of them.
range-too-long = { $n ->
    [one] At most 1 day can be shown at once: choose a shorter period.
   *[other] At most { $n } days can be shown at once: choose a shorter period.
}
usage-empty-heading = No figures of this period
usage-empty = Nothing was recorded in it. Figures begin with the first visitor; choose a later day.
period = Figures of the period
visits = Visits
sessions-note = { $n } sessions at access points
mean-note = { $n } on average
data = Data
visits-by-day = Visits, day by day
visits-by-hour = Visits, hour by hour
day-column = Day
to-visitors = To visitors
from-visitors = From visitors
not-recorded = nothing recorded
key-weekday = Monday to Thursday
key-weekend = Friday to Sunday
zones-heading = Zones
languages-heading = Language of the portal
language = Language
languages-note = The language in which the portal was read, which is not a nationality.
share = Share
bar = Bar
part-empty = Nothing was recorded in this period.
language-vi = Vietnamese
language-en = English
language-ko = Korean
language-zh-hans = Chinese, simplified
language-zh-hant = Chinese, traditional
language-ja = Japanese
language-fr = French
language-de = German
language-es = Spanish
language-ru = Russian
language-th = Thai
language-ms = Malay
language-unknown = Other or not known
dwell-heading = How long sessions lasted
dwell-column = Length
dwell-under = under { $to }
dwell-between = { $from } to { $to }
dwell-over = { $from } or longer
busiest-heading = Busiest hours
busy-hour = { $day }, { $from }–{ $to }
funnel-heading = From the first page to the internet
funnel-step = Step
funnel-kept = Went on
funnel-from-before = From the step before, half / 95 % within
funnel-times = { $half } / { $most }
funnel-redirect = Redirect seen
funnel-page = Page shown
funnel-accept = Accepted
funnel-gate = Gate open
funnel-first-byte = First byte
funnel-note = A phone asks several times before it sees the page, so the first two lines are not compared. Times are rounded up.
rule-heading = How this is counted
rule-devices = <b>Devices, not people.</b> Some people carry two, some never switch Wi-Fi on.
rule-error = <b>Different devices</b> are counted by a sketch, not by a list. 19 times of 20 the true number is within { $error } of the one shown.
rule-randomised = <b>Changing addresses:</b> { $share } of the devices used a randomised address. One that changes its address within a day counts twice.
rule-randomised-unknown = <b>Changing addresses:</b> the share of randomised addresses is not known for this period. A device that changes its address within a day counts twice.
rule-days = <b>Days:</b> a device that comes on two days counts once on each of them; the figure of several days is the sum of the days, because the key of a day is destroyed after it.
rule-visit = <b>A visit</b> is one consent on the portal until it ends; walking to the next access point begins a new session of the same visit. At RADIUS access points it is one sign-in.
rule-private = <b>Kept</b> are sums by hour and day, and no list of devices.
rule-up-to = <b>Up to date</b> until { $moment }.

load-heading = { $n ->
    [0] Everywhere there was room: no hour above { $percent } % in { $weeks } weeks
    [one] 1 access point was above { $percent } % of its places
   *[other] { $n } access points were above { $percent } % of their places
}
load-weeks = Last weeks
load-refused = Choose 1 to 52 weeks. The usual number is shown.
load-row = { $n ->
    [one] In 1 hour of the week. At most { $peak } of { $capacity } devices at once ({ $percent } %).
   *[other] In { $n } hours of the week. At most { $peak } of { $capacity } devices at once ({ $percent } %).
}
load-hour = { $weekday } { $from }–{ $to }: <b>{ $weeks } of { $n }</b> weeks
load-more-hours = { $n ->
    [one] and 1 hour more
   *[other] and { $n } hours more
}
load-with-room = { $n ->
    [0] No other access point has figures of these weeks.
    [one] 1 access point had room in every hour.
   *[other] { $n } access points had room in every hour.
}
load-rule = An hour counts when the most devices on line together in it were more than { $percent } % of the places (stats.busy_share and stats.capacity_users in the configuration). Weeks begin on Monday; the present week is not in.
heat-heading = Busy hours: devices on line, mean of these weeks
heat-empty = Nothing was recorded in these weeks yet.
heat-under = under { $n }
heat-more = more
