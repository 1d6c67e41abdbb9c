# What several pages say. Values in { } come escaped; markup in a message is our own.

brand = Ho Guom Wi-Fi
brand-line = Hanoi · free
guide-brand = Ho Guom guide
guide-brand-line = Hanoi · free Wi-Fi
language = Language
change-language = Change language
skip-to-content = Skip to content
emergency = Emergency
police = Police
fire = Fire
ambulance = Ambulance
support-code = Support code
support-line = Support code <b class="code">{ $code }</b>. Read it to the help desk if you need help.
look-around = Look around while you wait
look-around-line = Map, places, emergency numbers. Works before you connect.
footer-guide = Guide
footer-session = My connection
footer-terms = Terms
footer-privacy = Privacy
footer-about = About this service

here = You are at <b>{ $place }</b>
here-zone = You are at <b>{ $place }</b><span class="z"> · { $zone }</span>

hours = { $hours ->
    [one] 1 hour
   *[other] { $hours } hours
}
hours-minutes = { $hours } h { $minutes } min
minutes = { $minutes } min
gigabytes = { $amount } GB
megabytes = { $amount } MB
until-today = until { $time }
until-tomorrow = until { $time } tomorrow
until-date = until { $time } on { $date }
date = { $month ->
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
monday = Monday
tuesday = Tuesday
wednesday = Wednesday
thursday = Thursday
friday = Friday
saturday = Saturday
sunday = Sunday
