# Splash, session, waiting, busy, refused: the life of one visit.

splash-title = Ho Guom Wi-Fi – connect for free
splash-heading = Welcome to Hoan Kiem Lake
skip-to-connect = Skip to connect
connect = Connect for free
connect-terms = One tap, no account. By connecting you accept the <a href="{ $terms }">terms of use</a>.
what-you-get = What you get
offer-day = { $time } a day
offer-day-line = If they run out, you can connect again the next day.
offer-left = { $time } left today
offer-left-line = A new day brings new time.
offer-unlimited = As long as you stay
offer-unlimited-line = There is no time limit.
offer-data = { $data } a day
offer-data-left = { $data } left today
offer-data-line = Counted in both directions, on all access points together.
fact-walk = All around the lake and the Old Quarter
fact-walk-line = Walk from spot to spot without connecting again.
fact-private = No ads, no tracking
fact-private-line = We do not sell data or record the pages you read.
look-first = Look around first
look-first-line = Temples, museums, food, first aid. Works before you connect.
kept-question = What do we keep?
kept-yes = <b>A record of your visit:</b> your device’s address on this network, start and end, the access points used, amount of data.
kept-no = <b>Never:</b> pages you read, names of sites, messages, your name.
kept-more = <a href="{ $privacy }">All about your data</a>
terms-question = Terms of use
terms-short = Stay within the law, do not harm the network, do not harass others. The service is free and may pause at times.
terms-open = This network is open: type passwords on https pages only.
terms-more = <a href="{ $terms }">All terms</a>

online-title = You are online – Ho Guom Wi-Fi
online-heading = You are online
skip-to-next = Skip to what you can do next
connected-at = Connected at <b>{ $place }</b>
connected-at-zone = Connected at <b>{ $place }</b> · { $zone }
time-left = Time left
time-left-value = { $time } left
time-unlimited = No time limit
time-after = When it ends, open this page again. It says how to go on.
data-left = Data left
data-left-value = { $data } left
data-of-day = of { $data } today
see-nearby = See what is nearby
good-to-know = Good to know
tip-walk = Walk where you like
tip-walk-line = Around the lake and in the Old Quarter your phone stays connected.
tip-done = On an iPhone, tap Done
tip-done-line = You find it in the top corner. Android closes this page by itself.
tip-back = Come back to this page
tip-back-line = In any browser: <b class="inl">{ $host }</b>
tip-open = This network is open
tip-open-line = Type passwords on https pages only.
support-long = If something does not work, read this code to the help desk. It names this spot and this visit, not you or your phone, and it ends with the visit.
log-out = Log out now
visit-kept-question = What we keep about this visit
visit-kept = Your device’s address on this network, start, end, access points and amount of data. Never the pages you read or your messages. <a href="{ $privacy }">All about your data</a>

offline-title = Not connected – Ho Guom Wi-Fi
offline-heading = You are not connected
offline-line = This device has no open connection through this network.
ended-title = Logged out – Ho Guom Wi-Fi
ended-heading = You are logged out
ended-line = The connection of this device is closed. Thank you for your visit.
connect-again = Connect again

elsewhere-title = Only on the Wi-Fi – Ho Guom Wi-Fi
elsewhere-heading = This page works on the Wi-Fi
elsewhere-line = You reached us from another network, so there is no connection to show or to open here. Around Hoan Kiem Lake, join the free Wi-Fi and open this page again.
elsewhere-guide = Open the guide
elsewhere-guide-line = Places, map and emergency numbers, from anywhere.

pending-title = Opening your connection – Ho Guom Wi-Fi
pending-heading = Almost there
pending-line = Your tap has arrived. The access point has not yet said that it is open for your device.
pending-again = This page looks again every { $secs } seconds. You need not tap again.
pending-stopped = This page does not look again by itself now.
skip-to-works = Skip to what works now

trying-again = Trying again
checked-at = Checked at { $time }
try-now = Try now
stop-trying = Stop trying

busy-title = This spot is full – Ho Guom Wi-Fi
busy-heading = This spot is full
busy-line = <b>{ $place }</b> serves { $devices ->
    [one] 1 device
   *[other] { $devices } devices
}, as many as it has room for. There is nothing wrong with your phone.
busy-line-nameless = This access point serves { $devices ->
    [one] 1 device
   *[other] { $devices } devices
}, as many as it has room for. There is nothing wrong with your phone.
busy-line-uncounted = <b>{ $place }</b> has no room for another device at the moment. There is nothing wrong with your phone.
busy-line-nameless-uncounted = This access point has no room for another device at the moment. There is nothing wrong with your phone.
busy-again = This page tries again every { $secs } seconds. When there is room you see the connect button.
busy-stopped = This page does not try again by itself now. Tap “Try now” whenever you like.
busy-near = Try a spot a few steps away
skip-to-near = Skip to the spots nearby
spot-works = Works now
busy-map = Map: other spots around { $place }
you-are-here = You are here

crowd-title = One moment – Ho Guom Wi-Fi
crowd-heading = Very many people are connecting
crowd-line = The centre that opens the network has more taps to answer than it can at this moment. There is nothing wrong with your phone.

away-title = New connections are paused – Ho Guom Wi-Fi
away-heading = New connections are paused
away-line = The centre that opens the network does not answer at the moment. There is nothing wrong with your phone.
away-line-since = The centre that opens the network has not answered <b>since { $time }</b>. There is nothing wrong with your phone.
away-again = This page tries again every { $secs } seconds. When the centre is back you see the connect button.
kept-title = You are still connected – Ho Guom Wi-Fi
kept-heading = You are still connected
kept-line = The centre that closes a connection did not answer, so yours is still open and nothing of it has changed. To leave the network at once, turn Wi-Fi off on your phone.
kept-again = This page shows your connection again in { $secs } seconds; you can disconnect there.
works-now = What works now
works-connected = Phones that are already connected
works-connected-line = They go on until their time ends, also when they walk to another spot.
works-guide = The guide of this place
works-guide-line = Map, places, opening hours.
works-not = New connections
works-not-line = Another access point will not help this time: all of them wait for the same centre.

refused-title = Not today any more – Ho Guom Wi-Fi
refused-time-heading = Today’s time is used up
refused-time-line = The free time of this day has run out for this device.
refused-data-heading = Today’s data is used up
refused-data-line = The free data of this day has run out for this device.
again-today = You can connect again from <b>{ $time }</b>.
again-tomorrow = You can connect again from <b>{ $time } tomorrow</b>.
again-date = You can connect again from <b>{ $time } on { $date }</b>.
refused-blocked-heading = This device is blocked
refused-blocked-line = Somebody who looks after this network has blocked this device. If you think that is a mistake, ask the help desk.
refused-guide = See what is nearby
refused-guide-line = The guide works without a connection.
