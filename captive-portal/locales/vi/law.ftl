# Điều khoản, riêng tư, và các trang nói điều gì chưa được.

terms-title = Điều khoản sử dụng – Wi-Fi Hồ Gươm
terms-heading = Điều khoản sử dụng
terms-intro = Ai chạm “Kết nối” là đồng ý với các điều khoản này. Chúng tôi cố ý viết ngắn.
terms-use-heading = Dùng mạng
terms-use-1 = Wi-Fi quanh Hồ Gươm miễn phí cho mọi người, không cần tài khoản.
terms-use-2 = Mỗi máy có một lượng thời gian, và nếu có đặt thì một lượng dữ liệu, cho mỗi ngày. Trang đầu cho biết là bao nhiêu.
terms-use-3 = Hãy dùng đúng pháp luật Việt Nam. Không tấn công máy của người khác hay mạng này, không chia lại kết nối cho người khác.
terms-use-4 = Người trông coi mạng có thể ngắt kết nối hoặc chặn máy gây hại cho người khác.
terms-open-heading = Đây là mạng mở
terms-open-1 = Sóng của mạng này không mã hóa. Chỉ nhập mật khẩu ở trang có https, như với mọi mạng mở.
terms-open-2 = Máy của các khách không thấy nhau qua mạng này.
terms-open-3 = Trong mạng mở, người đứng gần có thể sao chép địa chỉ của máy bạn và dùng chung kết nối. Nếu ngại điều đó, hãy ngắt kết nối khi rời đi.
terms-promise-heading = Chúng tôi hứa gì, không hứa gì
terms-promise-1 = Không quảng cáo, không sửa trang nào trên đường đến máy bạn, không bán dữ liệu.
terms-promise-2 = Mạng có lúc chậm hoặc gián đoạn. Khi khẩn cấp đừng trông vào mạng: hãy gọi điện thoại 113, 114 hoặc 115.
terms-promise-3 = Cẩm nang được viết cẩn thận, nhưng giờ giấc và địa điểm có thể đổi. Hãy theo thông báo tại chỗ.
terms-see-privacy = Chúng tôi lưu gì về lượt dùng của bạn: xem trang <a href="{ $privacy }">dữ liệu của bạn</a>.

privacy-title = Dữ liệu của bạn – Wi-Fi Hồ Gươm
privacy-heading = Dữ liệu của bạn
privacy-intro = Để hoạt động, mạng cần biết một vài điều. Tất cả ở dưới đây, bằng lời dễ hiểu.
privacy-kept-heading = Chúng tôi lưu gì về một lượt dùng
privacy-kept-1 = Địa chỉ của máy bạn trong mạng này (địa chỉ MAC) và các địa chỉ mạng mà máy có ở đây.
privacy-kept-2 = Lúc và điểm phát bạn chạm “Kết nối”, lúc kết nối kết thúc và lý do.
privacy-kept-3 = Lượt dùng đã qua những điểm phát nào, từ lúc nào đến lúc nào. Nhờ vậy bạn vừa đi vừa giữ được kết nối.
privacy-kept-4 = Bao nhiêu byte và bao nhiêu gói tin mỗi chiều. Chỉ lưu con số.
privacy-kept-5 = Nếu phải chặn một máy: địa chỉ của máy và thời điểm bắt đầu chặn.
privacy-never-heading = Những gì không bao giờ lưu
privacy-never-1 = Bạn mở trang nào, máy hỏi tên miền nào, bạn viết cho ai, bạn đọc hay viết gì.
privacy-never-2 = Tên, số điện thoại hay thư điện tử của bạn. Chúng tôi không hỏi.
privacy-never-3 = Loại điện thoại hay trình duyệt của bạn.
privacy-never-4 = Những máy chỉ đi ngang qua mà không vào mạng.
privacy-why-heading = Để làm gì
privacy-why-1 = Để mở mạng cho máy bạn và giữ mạng mở khi bạn đi từ điểm này sang điểm khác.
privacy-why-2 = Để tính thời gian và dữ liệu trong ngày, và để tìm lỗi.
privacy-why-3 = Để trả lời cơ quan có thẩm quyền khi họ hỏi về một lượt dùng theo luật.
privacy-who-heading = Ai xem được
privacy-who-1 = Những người trông coi mạng này. Không có công ty quảng cáo, không có bên mua bán dữ liệu, không có công ty nước ngoài.
privacy-who-2 = Bản ghi lượt dùng được giữ cho đến khi đơn vị vận hành xóa; hãy hỏi người hỗ trợ thời hạn là bao lâu.
privacy-you-heading = Bạn có thể làm gì
privacy-you-1 = Cứ bật “địa chỉ riêng tư” hay “MAC ngẫu nhiên” trong điện thoại: khi đó mạng này chỉ thấy một địa chỉ mà các mạng khác không thấy.
privacy-you-2 = <a href="{ $session }">Ngắt kết nối</a> lúc nào cũng được; kết nối sẽ đóng ở mọi điểm phát.
privacy-you-3 = Đọc mã hỗ trợ của lượt dùng cho người hỗ trợ để hỏi chúng tôi đang lưu gì về lượt ấy.
privacy-page-heading = Những trang này
privacy-page-1 = Không dùng cookie, không chạy mã, không tải gì từ trang khác.
privacy-see-terms = Cách dùng mạng: xem <a href="{ $terms }">điều khoản sử dụng</a>.

error-title = { $heading } – Wi-Fi Hồ Gươm
error-start = Trang đầu
error-start-line = Để kết nối, hoặc xem kết nối của bạn.
error-not-found-heading = Không có trang này
error-not-found-line = Địa chỉ có thể bị gõ nhầm hoặc đã cũ. Hãy bắt đầu từ trang đầu hoặc từ cẩm nang.
error-method-heading = Trang này không dùng được theo cách đó
error-method-line = Hãy mở từ trang đầu bằng đúng nút của trang.
error-origin-heading = Yêu cầu đến từ một trang khác
error-origin-line = Chúng tôi chỉ kết nối hay ngắt kết nối khi bạn chạm trên trang của chúng tôi. Hãy mở trang đầu rồi chạm ở đó.
error-large-heading = Nhiều quá trong một lần
error-large-line = Yêu cầu lớn hơn mọi mẫu của chúng tôi. Hãy mở trang đầu rồi chạm ở đó.
error-request-heading = Chúng tôi không đọc được
error-request-line = Yêu cầu không ở dạng mà chúng tôi hiểu. Hãy mở lại trang đầu.
error-slow-heading = Mất nhiều thời gian quá
error-slow-line = Máy của bạn không bị lỗi gì. Hãy thử lại sau giây lát.
error-server-heading = Có lỗi ở phía chúng tôi
error-server-line = Máy của bạn không bị lỗi gì. Hãy thử lại sau giây lát; nếu vẫn vậy, hãy báo cho người hỗ trợ.
