# What is now: the overview, access points, live sessions.

overview-title = Now
wrong-heading = { $n ->
    [0] What is wrong: nothing
    [one] What is wrong: 1 thing
   *[other] What is wrong: { $n } things
}
all-well = { $n ->
    [0] No access point is in service yet, and nothing else is wrong.
    [one] 1 access point answers, its journal is up to date and it has room.
   *[other] All { $n } access points in service answer, their journals are up to date and they have room.
}
wrong-silent = { $ap } has no link to the controller.
wrong-silent-more = Visitors who are on line there stay on line, and what it counts waits in its journal. Look at its power and its uplink first.
wrong-full = { $ap } serves { $devices } devices; it is meant for { $capacity }.
wrong-full-more = It may become slow for everybody there. The map shows neighbours with room.
wrong-says = { $ap } reports: “{ $said }”
wrong-journal = { $n ->
    [one] { $ap } has 1 record in its journal that is not safe here yet.
   *[other] { $ap } has { $records } records in its journal that are not safe here yet.
}
wrong-journal-more = Nothing is lost: they arrive when its uplink lets them.
wrong-config = { $ap } runs configuration { $has }; it should run { $wanted }.
wrong-revoked = The key of { $ap } was revoked.
wrong-revoked-more = It can come back only with a new enrolment token.
wrong-controller = The controller itself: { $said }
wrong-since = Since { $moment } ({ $length }).
wrong-here = What is wrong here
this-ap = This access point
the-controller = The controller
look = Look

sites-heading = { $n ->
    [0] No access points yet
    [one] 1 access point: { $up } up, { $down } down, { $other } not in service
   *[other] { $n } access points: { $up } up, { $down } down, { $other } not in service
}
map-label = Map of the access points with state and load; each is a link to its page
map-marker = { $id } { $name }: { $state }, { $load }
map-outside = { $n ->
    [one] 1 access point lies outside this map.
   *[other] { $n } access points lie outside this map.
}
all-aps = The same as a list
key-load = Places taken:
key-steps = under 25, 50, 80 %, more
key-warn = Full or in trouble
key-down = Down
key-behind = Behind
key-off = Not in service
devices-of = { $n ->
    [one] 1 of { $capacity } devices
   *[other] { $n } of { $capacity } devices
}
devices = { $n ->
    [one] 1 device
   *[other] { $n } devices
}
devices-unknown = number of devices not known

visitors = Visitors
devices-now = Devices on line
of-places = of { $capacity } places
unique-today = Different devices today
unique-devices = Different devices
plus-minus = ± { $n }, counted by a sketch
plus-minus-none = counted one by one
week-ago = A week ago, this hour
as-then = now about as many
more-than-then = now { $percent } % more
less-than-then = now { $percent } % fewer
too-few-to-compare = too few to compare
data-today = Data today
down-up = { $down } to visitors, { $up } from them
day-heading = Devices on line, last 24 hours
day-empty = No figures of the last 24 hours yet. The first appear a minute after the first visitor.
day-table = Devices on line, hour by hour
plot-capacity = room for { $n }
key-mean = mean of the hour
key-peak = most at once
key-gap = no data
hour = Hour
mean-devices = Mean devices
peak-devices = Most devices
fullest-heading = Fullest access points
fullest-empty = Nobody is on line, so none is fuller than another.

aps-count = { $n ->
    [0] No access points yet
    [one] 1 access point
   *[other] { $n } access points
}
aps-empty = No access point is known yet. Import an inventory on the controller, then enrol the first one:
aps-table = Table of access points
ap = Access point
state = State
zone = Zone
devices-column = Devices
heard = Last word
no-zone = no zone
kind-agent = Agent
kind-radius = RADIUS
state-down = Down
state-full = Full
state-trouble = Trouble
state-behind = Behind
state-up = Up
state-quiet = No sessions
state-new = New
state-retired = Retired
says-down = This access point has no link to the controller. Who is on line there stays on line; nobody new gets in through it.
says-full = This access point serves as many devices as it is meant for, or more.
says-trouble = This access point works and reports trouble.
says-behind = This access point works; its journal or its configuration is behind.
says-up = This access point works.
says-up-radius = Sessions are open here. How a RADIUS access point is, is known only by its accounting.
says-quiet = No session is open here. How a RADIUS access point is, is known only by its accounting.
says-new = This access point has never connected. It needs an enrolment token.
says-retired = The key of this access point was revoked. It stays in the history.
link = Link
link-up = up
link-up-since = up since { $moment }
link-down = down
link-down-since = down since { $moment }
enrolled = Enrolled
version = Version
stations = Stations seen
grants = Grants in the gate
configuration = Configuration
configuration-same = { $version } wanted, { $version } in force
configuration-other = { $wanted } wanted, { $applied } in force
configuration-wanted = { $version } wanted
journal = Journal
journal-waiting = records that wait

sessions-count = { $n ->
    [0] Nobody is on line
    [one] 1 session
   *[other] { $shown } sessions
}
sessions-empty = Nobody is on line. The first visitor usually comes early in the morning.
sessions-empty-here = Nobody is on line at this access point.
sessions-shown = The newest { $shown } of { $total } are shown.
sessions-all-here = These sessions as a list of their own
sessions-private = A visit is named by its support code. Hardware addresses and the pages people open are shown to nobody here.
sessions-table = Table of live sessions
every-ap = All access points
visit = Visit
since = Since
last-packet = Last packet
time-left = Time left
to-visitor = To visitor
from-visitor = From visitor
no-end = no end
session-network = network “{ $name }”
session-account = account “{ $name }”
from-the-air = Named by others
end-visit = End…
end-visit-of = End visit { $code }…
end-not-allowed = Your role may only read
end-not-radius = Cannot be ended from here: RADIUS
kick-title = End a visit
kick-which = End visit
kick-means = The gate closes within a second. The visitor can connect again at once; to keep a device out, block it on the controller.
kick-do = End this visit
keep = Leave it
back-to-sessions = Back to the sessions
kick-gone-heading = This visit is over
kick-ended = The visit was ended and the gate is closed.
kick-later = The visit was ended. Its access point has no link now and will close the gate when it is back.
kick-gone = There was nothing to end: the visit was over already.
kick-not-radius = This session is at a RADIUS access point. It cannot be ended from here until that access point takes dynamic authorization (RFC 5176).
