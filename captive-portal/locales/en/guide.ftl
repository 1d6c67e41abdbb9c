# The guide of a place, and the same guide from anywhere.

guide-title-place = Around { $place } – Ho Guom guide
guide-title = Around Hoan Kiem Lake – Ho Guom guide
guide-heading-place = Around { $place }
guide-heading = Around Hoan Kiem Lake
guide-public-line = Sorted by the walk from the shore of the lake. On the free Wi-Fi, this page shows what is near the spot where you stand.
guide-connect = Connect for free
guide-online = You are online
guide-online-until-today = Online until { $time }
guide-online-until-tomorrow = Online until { $time } tomorrow
guide-online-until-date = Online until { $time } on { $date }
find-a-place = Find a place
find-example = museum, pho
search = Search
skip-to-places = Skip to the places
map = Map
map-scrolls = Map, scrolls in both directions when enlarged
map-of-guide = Map of the lake and its streets with the numbered places of the list
map-size = Map size
map-wifi = Free Wi-Fi
map-walking = Walking street
near-you = Near you
places = Places
kinds-of-places = Kinds of places
kind-sights = Sights and squares
kind-temples = Temples and churches
kind-culture = Shows and museums
kind-food = Food and markets
kind-help = Help and getting around
all-sights = All { $count } sights and squares
all-temples = All { $count } temples and churches
all-culture = All { $count } shows and museums
all-food = All { $count } places for food and markets
all-help = All { $count } places for help and getting around
kind-title = { $kind } – Ho Guom guide
unchecked-note = Toilets, cash machines and bus stops appear here once somebody has checked them on site. Opening hours have not been checked on site.
walk-here = here
walk-minutes = { $minutes } min
shore-here = at the lake
shore-minutes = { $minutes } min from the lake
off-map = off this map

state-unknown = Hours not known
state-always = Open day and night
state-open = Open now, until { $time }
state-open-about = Open now, until about { $time }
state-closed-today = Closed, opens at { $time }
state-closed-today-about = Closed, opens at about { $time }
state-closed-tomorrow = Closed, opens at { $time } tomorrow
state-closed-tomorrow-about = Closed, opens at about { $time } tomorrow
state-closed-weekday = Closed, opens at { $time } on { $weekday }
state-closed-weekday-about = Closed, opens at about { $time } on { $weekday }
state-see-hours = See its hours: it may be opening or closing now
rough-mornings = Mornings
rough-mornings-noon = Mornings and noon
rough-daytime = Every day, in the daytime
rough-evenings = Evenings until late
rough-evenings-two = Evenings, at weekends until about 02:00
rough-office = Office hours, Monday to Friday
rough-mass = Visits outside Mass, every day; hours vary
rough-shows = Shows every day from about { $first } to { $last }

search-title = { $query } – Ho Guom guide
search-heading = { $count ->
    [one] 1 place for “{ $query }”
   *[other] { $count } places for “{ $query }”
}
search-heading-nearest = The nearest { $shown } of { $count } places for “{ $query }”
search-none-heading = No place for “{ $query }”
search-none-line = Try one word, or part of one: “museum”, “pho”, “temple”. Vietnamese names work without marks too.
back-to-guide = The whole guide
back-to-place = Around { $place }

place-title = { $name } – Ho Guom guide
need-to-know = Good to know
opening-hours = Opening hours
hours-unchecked = Not checked on site. Holidays may differ.
hours-unknown-line = We do not know them yet.
every-day = Every day
days-from-to = { $first } to { $last }
span = { $opens }–{ $closes }
span-about = about { $opens }–{ $closes }
span-winter = In winter from { $time }
how-far = How far
far-here = You are here.
far-line = { $minutes ->
    [one] About 1 minute on foot
   *[other] About { $minutes } minutes on foot
}, { $direction ->
    [north] to the north
    [north-east] to the north-east
    [east] to the east
    [south-east] to the south-east
    [south] to the south
    [south-west] to the south-west
    [west] to the west
   *[north-west] to the north-west
}.
far-estimate = Reckoned from the straight line; the way by the streets may differ.
shore-line-here = At the shore of Hoan Kiem Lake.
shore-line = { $minutes ->
    [one] About 1 minute on foot from the shore of the lake.
   *[other] About { $minutes } minutes on foot from the shore of the lake.
}
where-it-is = Where it is
map-of-place = Map: { $place } among the streets around it
map-of-place-from = Map: { $place } and the spot where you stand
near-this-place = Near this place
near-minutes = { $minutes } min on foot from there

walking-heading = Walking streets at the weekend
walking-lake = Around the lake
walking-lake-line = Friday 19:00 to Sunday 24:00, day and night
walking-quarter = Old Quarter streets
walking-quarter-line = Friday, Saturday, Sunday, 19:00–24:00
walking-note = In part of the year from 18:00. Exceptions are announced on the spot.
walking-drawing = Around the lake from Friday 19:00 to Sunday 24:00; Old Quarter on Friday, Saturday and Sunday from 19:00 to 24:00.
walking-now = now
walking-day = { $weekday } { $date }
friday-short = Fri
saturday-short = Sat
sunday-short = Sun

map-source = Schematic map, good to some tens of metres. Some positions © OpenStreetMap contributors, ODbL.
