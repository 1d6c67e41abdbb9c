# Terms, privacy, and the pages that say what went wrong.

terms-title = Terms of use – Ho Guom Wi-Fi
terms-heading = Terms of use
terms-intro = Whoever taps “Connect” accepts these terms. They are short on purpose.
terms-use-heading = Using the network
terms-use-1 = The Wi-Fi around Hoan Kiem Lake is free, for everybody, without an account.
terms-use-2 = Each device has a time, and where it is so set an amount of data, for every day. The start page shows how much.
terms-use-3 = Stay within the law of Vietnam. Do not attack other people’s devices or this network, and do not pass its connection on.
terms-use-4 = Whoever looks after the network may end a connection or block a device that harms others.
terms-open-heading = An open network
terms-open-1 = The radio of this network is not encrypted. Type passwords on pages with https only, as you would on any open network.
terms-open-2 = Devices of visitors cannot reach each other through this network.
terms-open-3 = On an open network a device’s address can be copied by somebody nearby, who then uses the same connection. Log out when you go, if that matters to you.
terms-promise-heading = What we promise, and what not
terms-promise-1 = We show no advertising, change no page on its way to you, and sell no data.
terms-promise-2 = The service may be slow or pause. Do not rely on it in an emergency: call 113, 114 or 115 by telephone.
terms-promise-3 = The guide is written with care, but hours and places change. What stands on the spot counts.
terms-see-privacy = What we keep about your visit stands in <a href="{ $privacy }">your data</a>.

privacy-title = Your data – Ho Guom Wi-Fi
privacy-heading = Your data
privacy-intro = The network needs to know a few things to work. Here is all of it, in plain words.
privacy-kept-heading = What we keep about a visit
privacy-kept-1 = The address of your device on this network (its MAC address) and the network addresses it had here.
privacy-kept-2 = When and at which access point you tapped “Connect”, and when the connection ended and why.
privacy-kept-3 = Which access points the visit used, from when to when. That is how you stay connected while you walk.
privacy-kept-4 = How many bytes and packets went each way. Only the amounts.
privacy-kept-5 = If a device had to be blocked: its address and since when.
privacy-never-heading = What we never keep
privacy-never-1 = Which sites you open, which names your device looks up, whom you write to, and what you read or write.
privacy-never-2 = Your name, telephone number or e-mail. We do not ask for them.
privacy-never-3 = The kind of your phone or browser.
privacy-never-4 = Phones that only pass by without joining the network.
privacy-why-heading = What for
privacy-why-1 = To open the network for your device and keep it open from spot to spot.
privacy-why-2 = To count the time and data of the day, and to find faults.
privacy-why-3 = To answer an authority that asks for one visit under the law.
privacy-who-heading = Who sees it
privacy-who-1 = The people who look after this network. No advertiser, no data trader, no company abroad.
privacy-who-2 = Records of visits stay until the operator of this network erases them; ask the help desk how long that is.
privacy-you-heading = What you can do
privacy-you-1 = Leave “private address” or “random MAC” switched on in your phone: this network then sees an address that other networks do not.
privacy-you-2 = <a href="{ $session }">Log out</a> whenever you like; the connection ends at every access point.
privacy-you-3 = Read the support code of your visit to the help desk to ask what is kept about it.
privacy-page-heading = These pages
privacy-page-1 = They use no cookies, no scripts, and load nothing from other sites.
privacy-see-terms = How to use the network stands in the <a href="{ $terms }">terms of use</a>.

error-title = { $heading } – Ho Guom Wi-Fi
error-start = Start page
error-start-line = Connect, or see your connection.
error-not-found-heading = There is no such page
error-not-found-line = The address may be mistyped or old. Start from the first page or from the guide.
error-method-heading = This page cannot be used that way
error-method-line = Open it from the start page with its own button.
error-origin-heading = That came from another site
error-origin-line = We connect and log out only when you tap on our own page. Open the start page and tap there.
error-large-heading = That was too much at once
error-large-line = The request was larger than any form of ours. Open the start page and tap there.
error-request-heading = We could not read that
error-request-line = The request was not in a form that we understand. Open the start page again.
error-slow-heading = That took too long
error-slow-line = There is nothing wrong with your phone. Please try again in a moment.
error-server-heading = Something failed on our side
error-server-line = There is nothing wrong with your phone. Please try again in a moment; if it happens again, tell the help desk.
