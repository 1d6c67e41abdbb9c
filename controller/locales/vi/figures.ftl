# Số liệu đã qua: sử dụng và quy hoạch.

from-day = Ngày đầu
to-day = Ngày cuối
step = Theo
step-day = ngày
step-hour = giờ
span-day = { $day }/{ $year }
span-days = { $from } đến { $to }/{ $year }
range-no-date = Hãy ghi cả hai ngày theo dạng năm-tháng-ngày, ví dụ 2026-11-20.
range-backwards = Ngày cuối đứng trước ngày đầu: hãy đổi một trong hai.
range-too-long = Mỗi lần xem được nhiều nhất { $n } ngày: hãy chọn khoảng ngắn hơn.
usage-empty-heading = Chưa có số liệu của khoảng này
usage-empty = Không có gì được ghi lại. Số liệu bắt đầu từ khách đầu tiên; hãy chọn ngày sau đó.
period = Số liệu của cả khoảng
visits = Lượt dùng
sessions-note = { $n } phiên tại các điểm phát
mean-note = trung bình { $n }
data = Dữ liệu
visits-by-day = Lượt dùng theo ngày
visits-by-hour = Lượt dùng theo giờ
day-column = Ngày
to-visitors = Đến khách
from-visitors = Từ khách
not-recorded = không có ghi chép
key-weekday = thứ hai đến thứ năm
key-weekend = thứ sáu đến chủ nhật
zones-heading = Khu vực
languages-heading = Ngôn ngữ của trang chào
language = Ngôn ngữ
languages-note = Ngôn ngữ mà trang chào được đọc, không phải quốc tịch.
share = Tỷ lệ
bar = Thanh
part-empty = Không có gì được ghi lại trong khoảng này.
language-vi = Tiếng Việt
language-en = Tiếng Anh
language-ko = Tiếng Hàn
language-zh-hans = Tiếng Trung giản thể
language-zh-hant = Tiếng Trung phồn thể
language-ja = Tiếng Nhật
language-fr = Tiếng Pháp
language-de = Tiếng Đức
language-es = Tiếng Tây Ban Nha
language-ru = Tiếng Nga
language-th = Tiếng Thái
language-ms = Tiếng Mã Lai
language-unknown = Khác hoặc chưa biết
dwell-heading = Phiên kéo dài bao lâu
dwell-column = Thời gian
dwell-under = dưới { $to }
dwell-between = { $from } đến { $to }
dwell-over = từ { $from } trở lên
busiest-heading = Giờ đông nhất
busy-hour = { $day }, { $from }–{ $to }
funnel-heading = Từ trang đầu tiên đến internet
funnel-step = Bước
funnel-kept = Đi tiếp
funnel-from-before = Kể từ bước trước, một nửa / 95 % trong
funnel-times = { $half } / { $most }
funnel-redirect = Thấy chuyển hướng
funnel-page = Trang hiện ra
funnel-accept = Đồng ý
funnel-gate = Cổng mở
funnel-first-byte = Byte đầu tiên
funnel-note = Máy hỏi nhiều lần trước khi thấy trang, nên hai dòng đầu không so với nhau. Thời gian được làm tròn lên.
rule-heading = Cách đếm
rule-devices = <b>Thiết bị, không phải người.</b> Có người mang hai máy, có người không bao giờ bật Wi-Fi.
rule-error = <b>Thiết bị khác nhau</b> được đếm bằng phác đồ, không bằng danh sách. 19 trên 20 lần, số thật lệch không quá { $error } so với số hiện ra.
rule-randomised = <b>Địa chỉ thay đổi:</b> { $share } thiết bị dùng địa chỉ ngẫu nhiên. Máy đổi địa chỉ trong ngày được đếm hai lần.
rule-randomised-unknown = <b>Địa chỉ thay đổi:</b> chưa biết tỷ lệ địa chỉ ngẫu nhiên trong khoảng này. Máy đổi địa chỉ trong ngày được đếm hai lần.
rule-days = <b>Ngày:</b> thiết bị đến hai ngày được đếm một lần trong mỗi ngày; số của nhiều ngày là tổng các ngày, vì khóa của mỗi ngày bị hủy sau ngày đó.
rule-visit = <b>Một lượt dùng</b> là một lần đồng ý trên trang chào cho đến khi kết thúc; đi sang điểm phát khác mở một phiên mới của cùng lượt đó. Ở điểm phát RADIUS đó là một lần đăng nhập.
rule-private = <b>Giữ lại</b> là các tổng theo giờ và ngày, không có danh sách thiết bị.
rule-up-to = <b>Cập nhật</b> đến { $moment }.

load-heading = { $n ->
    [0] Nơi nào cũng còn chỗ: không giờ nào vượt { $percent } % trong { $weeks } tuần
   *[other] { $n } điểm phát vượt { $percent } % số chỗ
}
load-weeks = Số tuần qua
load-refused = Hãy chọn 1 đến 52 tuần. Đang hiện số tuần thông thường.
load-row = Trong { $n } giờ của tuần. Nhiều nhất { $peak } trên { $capacity } thiết bị cùng lúc ({ $percent } %).
load-hour = { $weekday } { $from }–{ $to }: <b>{ $weeks } trên { $n }</b> tuần
load-more-hours = và { $n } giờ nữa
load-with-room = { $n ->
    [0] Không còn điểm phát nào khác có số liệu của những tuần này.
   *[other] { $n } điểm phát còn chỗ trong mọi giờ.
}
load-rule = Một giờ được tính khi số thiết bị nhiều nhất cùng lúc vượt { $percent } % số chỗ (stats.busy_share và stats.capacity_users trong cấu hình). Tuần bắt đầu từ thứ hai; tuần này chưa tính.
heat-heading = Giờ đông: thiết bị đang dùng, trung bình các tuần này
heat-empty = Chưa có gì được ghi lại trong các tuần này.
heat-under = dưới { $n }
heat-more = hơn nữa
