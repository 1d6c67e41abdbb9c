# Trang chào, kết nối, chờ, đông, từ chối: một lượt dùng từ đầu đến cuối.

splash-title = Wi-Fi Hồ Gươm – kết nối miễn phí
splash-heading = Chào bạn đến Hồ Gươm
skip-to-connect = Đến nút kết nối
connect = Kết nối miễn phí
connect-terms = Một chạm, không cần tài khoản. Khi kết nối, bạn đồng ý với <a href="{ $terms }">điều khoản sử dụng</a>.
what-you-get = Bạn được gì
offer-day = { $time } mỗi ngày
offer-day-line = Nếu dùng hết, hôm sau bạn lại kết nối được.
offer-left = Hôm nay còn { $time }
offer-left-line = Sang ngày mới lại có thời gian mới.
offer-unlimited = Dùng bao lâu tùy bạn
offer-unlimited-line = Không giới hạn thời gian.
offer-data = { $data } mỗi ngày
offer-data-left = Hôm nay còn { $data }
offer-data-line = Tính cả tải xuống và tải lên, cộng mọi điểm phát.
fact-walk = Quanh hồ và phố cổ
fact-walk-line = Đi từ điểm này sang điểm khác không phải kết nối lại.
fact-private = Không quảng cáo, không theo dõi
fact-private-line = Không bán dữ liệu, không ghi lại trang bạn xem.
look-first = Xem quanh đây trước
look-first-line = Đền chùa, bảo tàng, ăn uống, cấp cứu. Mở được cả khi chưa kết nối.
kept-question = Chúng tôi lưu gì?
kept-yes = <b>Bản ghi lượt dùng:</b> địa chỉ của máy trong mạng này, giờ vào, giờ ra, các điểm phát đã dùng, lượng dữ liệu.
kept-no = <b>Không bao giờ lưu:</b> trang bạn xem, tên các trang mạng, tin nhắn, tên của bạn.
kept-more = <a href="{ $privacy }">Mọi điều về dữ liệu của bạn</a>
terms-question = Điều khoản sử dụng
terms-short = Dùng đúng pháp luật, không làm hỏng mạng, không quấy rối người khác. Dịch vụ miễn phí, có lúc có thể gián đoạn.
terms-open = Đây là mạng mở: khi nhập mật khẩu, chỉ dùng trang có https.
terms-more = <a href="{ $terms }">Toàn bộ điều khoản</a>

online-title = Bạn đã lên mạng – Wi-Fi Hồ Gươm
online-heading = Bạn đã lên mạng
skip-to-next = Đến việc tiếp theo
connected-at = Đã kết nối ở <b>{ $place }</b>
connected-at-zone = Đã kết nối ở <b>{ $place }</b> · { $zone }
time-left = Thời gian còn lại
time-left-value = Còn { $time }
time-unlimited = Không giới hạn thời gian
time-after = Hết giờ, mở lại trang này để biết cách dùng tiếp.
data-left = Dữ liệu còn lại
data-left-value = Còn { $data }
data-of-day = trong { $data } hôm nay
see-nearby = Xem quanh đây có gì
good-to-know = Nên biết
tip-walk = Cứ đi thoải mái
tip-walk-line = Quanh hồ và trong phố cổ, máy bạn vẫn giữ kết nối.
tip-done = Trên iPhone, chạm “Xong”
tip-done-line = Nút ở góc trên màn hình. Android tự đóng trang này.
tip-back = Quay lại trang này
tip-back-line = Bằng trình duyệt bất kỳ: <b class="inl">{ $host }</b>
tip-open = Đây là mạng mở
tip-open-line = Chỉ nhập mật khẩu ở trang có https.
support-long = Nếu có gì trục trặc, hãy đọc mã này cho người hỗ trợ. Mã chỉ nói điểm này và lượt này, không nói bạn là ai hay máy nào, và hết lượt thì hết hiệu lực.
log-out = Ngắt kết nối
visit-kept-question = Chúng tôi lưu gì về lượt này
visit-kept = Địa chỉ của máy trong mạng này, giờ vào, giờ ra, các điểm phát và lượng dữ liệu. Không bao giờ lưu trang bạn xem hay tin nhắn. <a href="{ $privacy }">Mọi điều về dữ liệu của bạn</a>

offline-title = Chưa kết nối – Wi-Fi Hồ Gươm
offline-heading = Bạn chưa kết nối
offline-line = Máy này chưa mở kết nối nào qua mạng này.
ended-title = Đã ngắt kết nối – Wi-Fi Hồ Gươm
ended-heading = Đã ngắt kết nối
ended-line = Kết nối của máy này đã đóng. Cảm ơn bạn đã ghé thăm.
connect-again = Kết nối lại

elsewhere-title = Chỉ dùng trong mạng Wi-Fi – Wi-Fi Hồ Gươm
elsewhere-heading = Trang này dùng trong mạng Wi-Fi
elsewhere-line = Bạn đang vào từ một mạng khác nên ở đây không có kết nối nào để xem hay để mở. Khi ở quanh Hồ Gươm, hãy vào Wi-Fi miễn phí rồi mở lại trang này.
elsewhere-guide = Mở cẩm nang
elsewhere-guide-line = Địa điểm, bản đồ, số khẩn cấp, xem được từ mọi nơi.

pending-title = Đang mở kết nối – Wi-Fi Hồ Gươm
pending-heading = Sắp xong rồi
pending-line = Chúng tôi đã nhận được cú chạm của bạn. Điểm phát chưa báo là đã mở cho máy bạn.
pending-again = Trang này tự xem lại sau mỗi { $secs } giây. Bạn không cần chạm lại.
pending-stopped = Trang này không tự xem lại nữa.
skip-to-works = Đến phần đang dùng được

trying-again = Tự thử lại
checked-at = Xem lúc { $time }
try-now = Thử lại ngay
stop-trying = Dừng tự thử lại

busy-title = Điểm phát đang đông – Wi-Fi Hồ Gươm
busy-heading = Điểm phát này đang đông
busy-line = <b>{ $place }</b> đang phục vụ { $devices } máy, vừa đủ số chỗ. Máy của bạn không bị lỗi gì.
busy-line-nameless = Điểm phát này đang phục vụ { $devices } máy, vừa đủ số chỗ. Máy của bạn không bị lỗi gì.
busy-line-uncounted = <b>{ $place }</b> lúc này không còn chỗ cho thêm máy. Máy của bạn không bị lỗi gì.
busy-line-nameless-uncounted = Điểm phát này lúc này không còn chỗ cho thêm máy. Máy của bạn không bị lỗi gì.
busy-again = Trang này tự thử lại sau mỗi { $secs } giây. Có chỗ là nút kết nối hiện ra.
busy-stopped = Trang này không tự thử lại nữa. Khi muốn, hãy chạm “Thử lại ngay”.
busy-near = Thử điểm khác cách vài bước
skip-to-near = Đến danh sách điểm phát gần đây
spot-works = Đang hoạt động
busy-map = Sơ đồ: các điểm phát khác quanh { $place }
you-are-here = Bạn ở đây

crowd-title = Đợi một chút – Wi-Fi Hồ Gươm
crowd-heading = Rất nhiều người đang kết nối
crowd-line = Trung tâm mở mạng đang có nhiều lượt chạm hơn mức trả lời kịp lúc này. Máy của bạn không bị lỗi gì.

away-title = Tạm dừng mở kết nối mới – Wi-Fi Hồ Gươm
away-heading = Tạm dừng mở kết nối mới
away-line = Trung tâm mở mạng lúc này không trả lời. Máy của bạn không bị lỗi gì.
away-line-since = Trung tâm mở mạng không trả lời <b>từ { $time }</b>. Máy của bạn không bị lỗi gì.
away-again = Trang này tự thử lại sau mỗi { $secs } giây. Khi trung tâm trở lại, nút kết nối hiện ra.
kept-title = Bạn vẫn đang kết nối – Wi-Fi Hồ Gươm
kept-heading = Bạn vẫn đang kết nối
kept-line = Trung tâm đóng kết nối chưa trả lời, nên kết nối của bạn vẫn mở và không có gì thay đổi. Muốn rời mạng ngay, hãy tắt Wi-Fi trên máy.
kept-again = Sau { $secs } giây trang này hiện lại kết nối của bạn; bạn có thể ngắt ở đó.
works-now = Những gì đang dùng được
works-connected = Máy đã kết nối từ trước
works-connected-line = Vẫn dùng đến hết giờ, kể cả khi đi sang điểm khác.
works-guide = Cẩm nang của nơi này
works-guide-line = Bản đồ, địa điểm, giờ mở cửa.
works-not = Kết nối mới
works-not-line = Lần này sang điểm phát khác cũng không được: tất cả cùng chờ một trung tâm.

refused-title = Hôm nay đã hết lượt – Wi-Fi Hồ Gươm
refused-time-heading = Đã hết thời gian của hôm nay
refused-time-line = Máy này đã dùng hết thời gian miễn phí trong ngày.
refused-data-heading = Đã hết dữ liệu của hôm nay
refused-data-line = Máy này đã dùng hết dữ liệu miễn phí trong ngày.
again-today = Bạn lại kết nối được từ <b>{ $time }</b>.
again-tomorrow = Bạn lại kết nối được từ <b>{ $time } ngày mai</b>.
again-date = Bạn lại kết nối được từ <b>{ $time } ngày { $date }</b>.
refused-blocked-heading = Máy này bị chặn
refused-blocked-line = Người trông coi mạng đã chặn máy này. Nếu bạn cho là nhầm, hãy hỏi người hỗ trợ.
refused-guide = Xem quanh đây có gì
refused-guide-line = Cẩm nang mở được cả khi không kết nối.
