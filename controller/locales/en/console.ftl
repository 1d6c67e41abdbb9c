# What the console says around its pages. Values in { } come escaped; markup in a message is our own.

brand = Ho Guom Wi-Fi
brand-line = Console
brand-console = Ho Guom Wi-Fi console
nav = Console
nav-overview = Now
nav-aps = Access points
nav-sessions = Live sessions
nav-usage = Usage
nav-load = Planning
nav-nas = RADIUS clients
nav-accounts = Accounts
nav-sign-ins = My sign-ins
nav-audit = Audit log
nav-wrong = { $n }<span class="vh"> { $n ->
    [one] problem
   *[other] problems
}</span>
skip-to-content = Skip to content
skip-map = Skip the map
signed-in-as = Signed in as
sign-out = Sign out
crumb-here = You are at { $name }
as-of = { $day } { $year }, { $clock }
updating = Updating…
live-lost = No live connection. These figures are of the time shown.
live-paused = Paused.
pause = Pause
resume = Go on
table-of = Table: { $name }
command = Command
numbers = Numbers
show = Show
show-all = Show all
next-page = Next page
older = Older entries
action = Action
not-known = not known
never = never
percent = { $n } %
rows-shown = { $shown } of { $total } are shown.
to-overview = Go to “Now”

for-seconds = { $n } s
for-minutes = { $n } min
for-hours = { $n } h
for-hours-minutes = { $big } h { $small } min
for-days = { $n } d
for-days-hours = { $big } d { $small } h
ago = { $length } ago
date-clock = { $date }, { $clock }
at-moment = at { $moment }
day = { $weekday } { $date }
date = { $month ->
    [1] { $day } Jan { $year }
    [2] { $day } Feb { $year }
    [3] { $day } Mar { $year }
    [4] { $day } Apr { $year }
    [5] { $day } May { $year }
    [6] { $day } Jun { $year }
    [7] { $day } Jul { $year }
    [8] { $day } Aug { $year }
    [9] { $day } Sep { $year }
    [10] { $day } Oct { $year }
    [11] { $day } Nov { $year }
   *[other] { $day } Dec { $year }
}
date-short = { $month ->
    [1] { $day } Jan
    [2] { $day } Feb
    [3] { $day } Mar
    [4] { $day } Apr
    [5] { $day } May
    [6] { $day } Jun
    [7] { $day } Jul
    [8] { $day } Aug
    [9] { $day } Sep
    [10] { $day } Oct
    [11] { $day } Nov
   *[other] { $day } Dec
}
mon = Mon
tue = Tue
wed = Wed
thu = Thu
fri = Fri
sat = Sat
sun = Sun

failure-not-found = This page does not exist
failure-not-found-line = There is nothing at this address. What it was about may have ended or been removed.
failure-not-found-do = Choose a page in the navigation, or start from what is wrong now.
failure-not-allowed = Your role may only read this
failure-not-allowed-line = Changes need the role engineer or admin. Nothing was changed.
failure-not-allowed-do = Ask an engineer or admin, or whoever runs the controller for another role.
failure-unavailable = The figures cannot be read now
failure-unavailable-line = The database does not answer. Visitors who are on line stay on line; access points keep what they have to report.
failure-unavailable-do = Try again in a minute. If it stays so, look at the log: journalctl -u hotspot-controller.
failure-bad-request = This address makes no sense
failure-bad-request-line = A part of the address is not what this page can use. Nothing was changed.
failure-bad-request-do = Go back to the page and choose again.
