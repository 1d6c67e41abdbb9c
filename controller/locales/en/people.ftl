# Who may do what, and who did: RADIUS clients, accounts, sign-ins, the audit log.

nas-count = { $n ->
    [0] No RADIUS clients
    [one] 1 RADIUS client
   *[other] { $n } RADIUS clients
}
nas-empty = No access point asks by RADIUS yet. Add the first one below.
nas-table = Table of RADIUS clients
nas-name = Name
nas-address = Address or network
nas-make = Make
added = Added
sessions-column = Sessions
nas-exempt = Message-Authenticator not required
nas-add = Add a RADIUS client
nas-command = Type this on the controller, with the name and the address of the access point:
nas-command-more = It reads the shared secret from standard input. Message-Authenticator is required unless the command says otherwise.

accounts-count = { $n ->
    [0] No accounts
    [one] 1 account
   *[other] { $shown } accounts
}
accounts-empty = There is no account yet. Visitors of the portal need none; RADIUS access points ask for one.
accounts-table = Table of accounts
account-name = Name
account-kind = Kind
first-used = First used
not-yet = not yet
kind-account = Account
kind-voucher = Voucher
plan = Plan
accounts-private = Passwords are kept as hashes only; nobody can read them, here or elsewhere.
accounts-add = Add accounts
accounts-command = Accounts are added on the controller. Type one of these:

sign-in-link = Sign in to the console
sign-in-link-line = This link signs in { $email } ({ $role }), once. Press the button to use it.
role-analyst = analyst
role-editor = editor
role-engineer = engineer
role-admin = admin
sign-in-do = Sign in
sign-in-device = Only on a device that is yours: the sign-in stays until you end it or it runs out.
sign-in-used = This link was used already
sign-in-used-line = A link signs in once. If it was not you who used it, end all sign-ins of this operator on the controller.
sign-in-disabled = This operator may not sign in
sign-in-disabled-line = The operator of this link was disabled. Ask whoever runs the controller.
sign-in-expired = This link is too old
sign-in-expired-line = A link is good for a short time only. Ask for a new one.
sign-in-unknown = There is no such link
sign-in-unknown-line = The address is not complete, or a newer link replaced it. Copy the whole line, or ask for a new link.
sign-in-out = You are signed out
sign-in-out-line = This browser can no longer see the console. To come back you need a new link.
sign-in-needed = Sign in first
sign-in-needed-line = There is no sign-in in this browser, or it has ended. You need a link.
sign-in-command = Whoever runs the controller makes a new link with this command:
sign-in-foot = For the people who run the free Wi-Fi around the lake. Visitors need no account.

sign-ins-count = { $n ->
    [one] You are signed in at 1 place
   *[other] You are signed in at { $n } places
}
browser = Browser
browser-silent = did not say
country = Country
country-private = own network
country-unknown = not known
country-no-database = no database
address = Address
signed-in = Signed in
used = Last used
ends = Ends
this-one = This one
end-sign-in = End
end-sign-in-of = End the sign-in of { $moment }
countries-known = The country is that of the address, by the database on the controller. A phone abroad or a tunnel shows another.
countries-not-configured = Countries are not shown: no country database is set in the configuration (geo.country_db).
countries-broken = Countries are not shown: the country database cannot be used. { $why }
sign-ins-advice = If you do not know one of these, end it and ask for a new link.

audit-heading = Changes, newest first
audit-empty = Nothing was changed yet. Every change by an operator or by a command will stand here.
when = When
who = Who
what = What
whom = To what
detail = Detail
audit-visit-kick = Visit ended
audit-device-block = Device blocked
audit-device-unblock = Device let in again
audit-plan-put = Plan set
audit-setting-put = Setting changed
audit-ap-import = Access points imported
audit-ap-token = Enrolment token made
audit-ap-enroll = Access point enrolled
audit-ap-enroll-refused = Enrolment refused
audit-ap-revoke = Key revoked
audit-nas-put = RADIUS client set
audit-nas-remove = RADIUS client removed
audit-account-put = Account set
audit-account-remove = Account removed
audit-voucher-create = Vouchers made
audit-operator-add = Operator added
audit-operator-link = Sign-in link made
audit-operator-sign-in = Signed in
audit-operator-sign-in-refused = Sign-in refused
audit-operator-end-session = Sign-in ended
audit-operator-disable = Operator disabled
audit-operator-token = Token made
audit-operator-revoke-tokens = Tokens revoked
