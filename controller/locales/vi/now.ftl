# Những gì đang diễn ra: tổng quan, điểm phát, phiên đang mở.

overview-title = Hiện giờ
wrong-heading = { $n ->
    [0] Sự cố: không có
   *[other] Sự cố: { $n }
}
all-well = { $n ->
    [0] Chưa có điểm phát nào hoạt động, và không có sự cố nào khác.
   *[other] Cả { $n } điểm phát đang hoạt động đều trả lời, sổ ghi đã cập nhật và còn chỗ.
}
wrong-silent = { $ap } mất kết nối với trung tâm.
wrong-silent-more = Khách đang dùng mạng ở đó vẫn dùng được, số đếm chờ trong sổ ghi của điểm phát. Trước hết hãy xem nguồn điện và đường truyền.
wrong-full = { $ap } đang phục vụ { $devices } thiết bị; nó dành cho { $capacity }.
wrong-full-more = Mọi người ở đó có thể thấy chậm. Bản đồ cho thấy điểm lân cận còn chỗ.
wrong-says = { $ap } báo: “{ $said }”
wrong-journal = { $ap } còn { $records } bản ghi trong sổ chưa về đến đây.
wrong-journal-more = Không mất gì: chúng sẽ về khi đường truyền cho phép.
wrong-config = { $ap } đang dùng cấu hình { $has }; đáng lẽ là { $wanted }.
wrong-revoked = Khóa của { $ap } đã bị thu hồi.
wrong-revoked-more = Nó chỉ trở lại được với mã đăng ký mới.
wrong-controller = Chính trung tâm: { $said }
wrong-since = Từ { $moment } ({ $length }).
wrong-here = Sự cố ở đây
this-ap = Điểm phát này
the-controller = Trung tâm
look = Xem

sites-heading = { $n ->
    [0] Chưa có điểm phát nào
   *[other] { $n } điểm phát: { $up } hoạt động, { $down } mất kết nối, { $other } chưa hoặc không còn dùng
}
map-label = Bản đồ các điểm phát với trạng thái và tải; mỗi điểm dẫn đến trang của nó
map-marker = { $id } { $name }: { $state }, { $load }
map-outside = { $n } điểm phát nằm ngoài bản đồ này.
all-aps = Xem dạng danh sách
key-load = Chỗ đã dùng:
key-steps = dưới 25, 50, 80 %, hơn nữa
key-warn = Hết chỗ hoặc có lỗi
key-down = Mất kết nối
key-behind = Chậm
key-off = Chưa hoặc không còn dùng
devices-of = { $n } trên { $capacity } thiết bị
devices = { $n } thiết bị
devices-unknown = chưa biết số thiết bị

visitors = Khách
devices-now = Thiết bị đang dùng
of-places = trên { $capacity } chỗ
unique-today = Thiết bị khác nhau hôm nay
unique-devices = Thiết bị khác nhau
plus-minus = ± { $n }, đếm bằng phác đồ
plus-minus-none = đếm từng thiết bị
week-ago = Giờ này tuần trước
as-then = nay cũng chừng ấy
more-than-then = nay nhiều hơn { $percent } %
less-than-then = nay ít hơn { $percent } %
too-few-to-compare = quá ít để so sánh
data-today = Dữ liệu hôm nay
down-up = { $down } đến khách, { $up } từ khách
day-heading = Thiết bị đang dùng, 24 giờ qua
day-empty = Chưa có số liệu của 24 giờ qua. Số đầu tiên hiện ra một phút sau khách đầu tiên.
day-table = Thiết bị đang dùng, theo từng giờ
plot-capacity = đủ chỗ cho { $n }
key-mean = trung bình trong giờ
key-peak = nhiều nhất cùng lúc
key-gap = không có dữ liệu
hour = Giờ
mean-devices = Thiết bị trung bình
peak-devices = Nhiều nhất cùng lúc
fullest-heading = Điểm phát đông nhất
fullest-empty = Chưa ai dùng mạng nên chưa nơi nào đông hơn nơi khác.

aps-count = { $n ->
    [0] Chưa có điểm phát nào
   *[other] { $n } điểm phát
}
aps-empty = Chưa biết điểm phát nào. Hãy nhập danh mục trên trung tâm, rồi đăng ký điểm đầu tiên:
aps-table = Bảng các điểm phát
ap = Điểm phát
state = Trạng thái
zone = Khu vực
devices-column = Thiết bị
heard = Tin cuối
no-zone = không có khu vực
kind-agent = Tác tử
kind-radius = RADIUS
state-down = Mất kết nối
state-full = Hết chỗ
state-trouble = Có lỗi
state-behind = Chậm
state-up = Tốt
state-quiet = Không có phiên
state-new = Mới
state-retired = Ngừng dùng
says-down = Điểm phát này mất kết nối với trung tâm. Ai đang dùng mạng ở đó vẫn dùng được; khách mới không vào được qua nó.
says-full = Điểm phát này đang phục vụ đủ hoặc quá số thiết bị nó dành cho.
says-trouble = Điểm phát này hoạt động và có báo lỗi.
says-behind = Điểm phát này hoạt động; sổ ghi hoặc cấu hình của nó còn chậm.
says-up = Điểm phát này hoạt động tốt.
says-up-radius = Có phiên đang mở ở đây. Tình trạng của điểm phát RADIUS chỉ được biết qua bản kê của nó.
says-quiet = Không có phiên nào mở ở đây. Tình trạng của điểm phát RADIUS chỉ được biết qua bản kê của nó.
says-new = Điểm phát này chưa kết nối lần nào. Nó cần mã đăng ký.
says-retired = Khóa của điểm phát này đã bị thu hồi. Nó vẫn còn trong lịch sử.
link = Kết nối
link-up = đang có
link-up-since = có từ { $moment }
link-down = mất
link-down-since = mất từ { $moment }
enrolled = Đăng ký
version = Phiên bản
stations = Thiết bị quanh đó
grants = Quyền trong cổng
configuration = Cấu hình
configuration-same = cần { $version }, đang dùng { $version }
configuration-other = cần { $wanted }, đang dùng { $applied }
configuration-wanted = cần { $version }
journal = Sổ ghi
journal-waiting = bản ghi đang chờ

sessions-count = { $n ->
    [0] Chưa ai dùng mạng
   *[other] { $shown } phiên
}
sessions-empty = Chưa ai dùng mạng. Khách đầu tiên thường đến vào sáng sớm.
sessions-empty-here = Chưa ai dùng mạng ở điểm phát này.
sessions-shown = Đang hiện { $shown } phiên mới nhất trên { $total }.
sessions-all-here = Xem các phiên này thành danh sách riêng
sessions-private = Mỗi lượt dùng được gọi bằng mã hỗ trợ. Địa chỉ phần cứng và các trang khách mở không hiện cho ai ở đây.
sessions-table = Bảng các phiên đang mở
every-ap = Mọi điểm phát
visit = Lượt dùng
since = Từ
last-packet = Gói tin cuối
time-left = Còn lại
to-visitor = Đến khách
from-visitor = Từ khách
no-end = không hạn
session-network = mạng “{ $name }”
session-account = tài khoản “{ $name }”
from-the-air = Tên do bên ngoài đặt
end-visit = Kết thúc…
end-visit-of = Kết thúc lượt dùng { $code }…
end-not-allowed = Vai trò của bạn chỉ được xem
end-not-radius = Không kết thúc được từ đây: RADIUS
kick-title = Kết thúc một lượt dùng
kick-which = Kết thúc lượt dùng
kick-means = Cổng đóng trong vòng một giây. Khách có thể kết nối lại ngay; muốn giữ một thiết bị ở ngoài, hãy chặn nó trên trung tâm.
kick-do = Kết thúc lượt này
keep = Để nguyên
back-to-sessions = Về danh sách phiên
kick-gone-heading = Lượt dùng này đã xong
kick-ended = Lượt dùng đã kết thúc và cổng đã đóng.
kick-later = Lượt dùng đã kết thúc. Điểm phát của nó đang mất kết nối và sẽ đóng cổng khi trở lại.
kick-gone = Không có gì để kết thúc: lượt dùng đã xong từ trước.
kick-not-radius = Phiên này ở điểm phát RADIUS. Chưa kết thúc được từ đây khi điểm phát chưa nhận lệnh động (RFC 5176).
