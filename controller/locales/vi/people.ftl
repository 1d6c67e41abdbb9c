# Ai được làm gì, và ai đã làm: thiết bị RADIUS, tài khoản, đăng nhập, nhật ký.

nas-count = { $n ->
    [0] Chưa có thiết bị RADIUS
   *[other] { $n } thiết bị RADIUS
}
nas-empty = Chưa có điểm phát nào hỏi qua RADIUS. Hãy thêm điểm đầu tiên bên dưới.
nas-table = Bảng các thiết bị RADIUS
nas-name = Tên
nas-address = Địa chỉ hoặc mạng
nas-make = Loại máy
added = Đã thêm
sessions-column = Phiên
nas-exempt = Không bắt buộc Message-Authenticator
nas-add = Thêm thiết bị RADIUS
nas-command = Hãy gõ lệnh này trên trung tâm, với tên và địa chỉ của điểm phát:
nas-command-more = Lệnh đọc mật khẩu chung từ đầu vào. Message-Authenticator là bắt buộc, trừ khi lệnh nói khác.

accounts-count = { $n ->
    [0] Chưa có tài khoản
   *[other] { $shown } tài khoản
}
accounts-empty = Chưa có tài khoản nào. Khách của trang chào không cần tài khoản; điểm phát RADIUS thì hỏi.
accounts-table = Bảng các tài khoản
account-name = Tên
account-kind = Loại
first-used = Dùng lần đầu
not-yet = chưa dùng
kind-account = Tài khoản
kind-voucher = Phiếu
plan = Gói
accounts-private = Mật khẩu chỉ được giữ dạng băm; không ai đọc được, ở đây hay nơi khác.
accounts-add = Thêm tài khoản
accounts-command = Tài khoản được thêm trên trung tâm. Hãy gõ một trong các lệnh:

sign-in-link = Đăng nhập bảng điều khiển
sign-in-link-line = Liên kết này đăng nhập { $email } ({ $role }), một lần. Hãy bấm nút để dùng.
role-analyst = phân tích
role-editor = biên tập
role-engineer = kỹ sư
role-admin = quản trị
sign-in-do = Đăng nhập
sign-in-device = Chỉ dùng trên máy của bạn: lần đăng nhập còn đến khi bạn kết thúc hoặc hết hạn.
sign-in-used = Liên kết này đã được dùng
sign-in-used-line = Một liên kết chỉ đăng nhập một lần. Nếu không phải bạn đã dùng, hãy kết thúc mọi lần đăng nhập của người này trên trung tâm.
sign-in-disabled = Người này không được đăng nhập
sign-in-disabled-line = Người vận hành của liên kết này đã bị khóa. Hãy hỏi người vận hành trung tâm.
sign-in-expired = Liên kết này quá cũ
sign-in-expired-line = Một liên kết chỉ dùng được trong thời gian ngắn. Hãy xin liên kết mới.
sign-in-unknown = Không có liên kết này
sign-in-unknown-line = Địa chỉ chưa đủ, hoặc đã có liên kết mới thay thế. Hãy chép cả dòng, hoặc xin liên kết mới.
sign-in-out = Bạn đã đăng xuất
sign-in-out-line = Trình duyệt này không còn xem được bảng điều khiển. Muốn trở lại, bạn cần liên kết mới.
sign-in-needed = Hãy đăng nhập trước
sign-in-needed-line = Trình duyệt này chưa đăng nhập, hoặc lần đăng nhập đã hết. Bạn cần một liên kết.
sign-in-command = Người vận hành trung tâm tạo liên kết mới bằng lệnh:
sign-in-foot = Dành cho những người vận hành Wi-Fi miễn phí quanh hồ. Khách không cần tài khoản.

sign-ins-count = Bạn đang đăng nhập ở { $n } nơi
browser = Trình duyệt
browser-silent = không nói
country = Quốc gia
country-private = mạng riêng
country-unknown = chưa biết
country-no-database = không có dữ liệu
address = Địa chỉ
signed-in = Đăng nhập
used = Dùng lần cuối
ends = Hết hạn
this-one = Nơi này
end-sign-in = Kết thúc
end-sign-in-of = Kết thúc lần đăng nhập { $moment }
countries-known = Quốc gia là của địa chỉ, theo dữ liệu trên trung tâm. Máy ở nước ngoài hoặc qua đường hầm hiện nước khác.
countries-not-configured = Không hiện quốc gia: chưa đặt tệp dữ liệu quốc gia trong cấu hình (geo.country_db).
countries-broken = Không hiện quốc gia: không dùng được tệp dữ liệu quốc gia. { $why }
sign-ins-advice = Nếu bạn không nhận ra một nơi nào, hãy kết thúc nó và xin liên kết mới.

audit-heading = Các thay đổi, mới nhất trước
audit-empty = Chưa có thay đổi nào. Mọi thay đổi của người vận hành hoặc của lệnh sẽ hiện ở đây.
when = Khi nào
who = Ai
what = Việc gì
whom = Với gì
detail = Chi tiết
audit-visit-kick = Kết thúc lượt dùng
audit-device-block = Chặn thiết bị
audit-device-unblock = Bỏ chặn thiết bị
audit-plan-put = Đặt gói
audit-setting-put = Đổi thiết đặt
audit-ap-import = Nhập điểm phát
audit-ap-token = Tạo mã đăng ký
audit-ap-enroll = Điểm phát đăng ký
audit-ap-enroll-refused = Từ chối đăng ký
audit-ap-revoke = Thu hồi khóa
audit-nas-put = Đặt thiết bị RADIUS
audit-nas-remove = Xóa thiết bị RADIUS
audit-account-put = Đặt tài khoản
audit-account-remove = Xóa tài khoản
audit-voucher-create = Tạo phiếu
audit-operator-add = Thêm người vận hành
audit-operator-link = Tạo liên kết đăng nhập
audit-operator-sign-in = Đăng nhập
audit-operator-sign-in-refused = Từ chối đăng nhập
audit-operator-end-session = Kết thúc đăng nhập
audit-operator-disable = Khóa người vận hành
audit-operator-token = Tạo mã truy cập
audit-operator-revoke-tokens = Thu hồi mã truy cập
