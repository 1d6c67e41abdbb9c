# Câu dùng ở nhiều trang. Giá trị trong { } đã được thoát ký tự; thẻ trong câu là của chúng ta.

brand = Wi-Fi Hồ Gươm
brand-line = Hà Nội · miễn phí
guide-brand = Cẩm nang Hồ Gươm
guide-brand-line = Hà Nội · Wi-Fi miễn phí
language = Ngôn ngữ
change-language = Đổi ngôn ngữ
skip-to-content = Đến nội dung
emergency = Khẩn cấp
police = Công an
fire = Cứu hỏa
ambulance = Cấp cứu
support-code = Mã hỗ trợ
support-line = Mã hỗ trợ <b class="code">{ $code }</b>. Đọc mã này khi cần giúp.
look-around = Xem quanh đây trong lúc đợi
look-around-line = Bản đồ, chỗ chơi, số khẩn cấp. Mở được cả khi chưa kết nối.
footer-guide = Cẩm nang
footer-session = Kết nối của tôi
footer-terms = Điều khoản
footer-privacy = Riêng tư
footer-about = Về dịch vụ này

here = Bạn đang ở <b>{ $place }</b>
here-zone = Bạn đang ở <b>{ $place }</b><span class="z"> · { $zone }</span>

hours = { $hours } giờ
hours-minutes = { $hours } giờ { $minutes } phút
minutes = { $minutes } phút
gigabytes = { $amount } GB
megabytes = { $amount } MB
until-today = đến { $time }
until-tomorrow = đến { $time } ngày mai
until-date = đến { $time } ngày { $date }
date = { $day }/{ $month }
monday = thứ Hai
tuesday = thứ Ba
wednesday = thứ Tư
thursday = thứ Năm
friday = thứ Sáu
saturday = thứ Bảy
sunday = Chủ nhật
