# Cẩm nang của nơi bạn đứng, và cũng cẩm nang ấy xem từ mọi nơi.

guide-title-place = Quanh { $place } – cẩm nang Hồ Gươm
guide-title = Quanh Hồ Gươm – cẩm nang Hồ Gươm
guide-heading-place = Quanh { $place }
guide-heading = Quanh Hồ Gươm
guide-public-line = Xếp theo quãng đi bộ từ bờ hồ. Trong mạng Wi-Fi miễn phí, trang này cho biết quanh chỗ bạn đứng có gì.
guide-connect = Kết nối miễn phí
guide-online = Bạn đã lên mạng
guide-online-until-today = Dùng mạng đến { $time }
guide-online-until-tomorrow = Dùng mạng đến { $time } ngày mai
guide-online-until-date = Dùng mạng đến { $time } ngày { $date }
find-a-place = Tìm địa điểm
find-example = bảo tàng, phở
search = Tìm
skip-to-places = Đến danh sách địa điểm
map = Bản đồ
map-scrolls = Bản đồ, khi phóng to thì cuộn được theo hai chiều
map-of-guide = Bản đồ hồ và các phố, có số của các địa điểm trong danh sách
map-size = Cỡ bản đồ
map-wifi = Wi-Fi miễn phí
map-walking = Phố đi bộ
near-you = Gần bạn
places = Địa điểm
kinds-of-places = Các loại địa điểm
kind-sights = Cảnh đẹp, quảng trường
kind-temples = Đền chùa, nhà thờ
kind-culture = Nhà hát, bảo tàng
kind-food = Ăn uống, chợ
kind-help = Trợ giúp, đi lại
all-sights = Tất cả { $count } cảnh đẹp, quảng trường
all-temples = Tất cả { $count } đền chùa, nhà thờ
all-culture = Tất cả { $count } nhà hát, bảo tàng
all-food = Tất cả { $count } nơi ăn uống, chợ
all-help = Tất cả { $count } nơi trợ giúp, đi lại
kind-title = { $kind } – cẩm nang Hồ Gươm
unchecked-note = Nhà vệ sinh, cây rút tiền và điểm xe buýt sẽ có ở đây khi đã có người đến kiểm tra. Giờ mở cửa chưa được kiểm tra tại chỗ.
walk-here = tại đây
walk-minutes = { $minutes } phút
shore-here = ngay bờ hồ
shore-minutes = cách hồ { $minutes } phút
off-map = ngoài bản đồ

state-unknown = Chưa rõ giờ mở cửa
state-always = Mở cả ngày đêm
state-open = Đang mở, đến { $time }
state-open-about = Đang mở, đến khoảng { $time }
state-closed-today = Đã đóng cửa, mở lúc { $time }
state-closed-today-about = Đã đóng cửa, mở khoảng { $time }
state-closed-tomorrow = Đã đóng cửa, mở lại { $time } mai
state-closed-tomorrow-about = Đã đóng cửa, mở lại khoảng { $time } mai
state-closed-weekday = Đã đóng cửa, mở lại { $time } { $weekday }
state-closed-weekday-about = Đã đóng cửa, mở lại khoảng { $time } { $weekday }
state-see-hours = Xem giờ: có thể đang mở hoặc đóng cửa
rough-mornings = Buổi sáng
rough-mornings-noon = Buổi sáng và trưa
rough-daytime = Hằng ngày, ban ngày
rough-evenings = Buổi tối đến khuya
rough-evenings-two = Buổi tối, cuối tuần đến khoảng 02:00
rough-office = Giờ hành chính, thứ Hai đến thứ Sáu
rough-mass = Vào xem ngoài giờ lễ, hằng ngày; giờ thay đổi
rough-shows = Hằng ngày có suất diễn từ khoảng { $first } đến { $last }

search-title = { $query } – cẩm nang Hồ Gươm
search-heading = { $count } địa điểm cho “{ $query }”
search-heading-nearest = { $shown } địa điểm gần nhất trong { $count } địa điểm cho “{ $query }”
search-none-heading = Không có địa điểm cho “{ $query }”
search-none-line = Hãy thử một từ, hoặc một phần của từ: “bảo tàng”, “phở”, “đền”. Gõ không dấu cũng được.
back-to-guide = Toàn bộ cẩm nang
back-to-place = Quanh { $place }

place-title = { $name } – cẩm nang Hồ Gươm
need-to-know = Cần biết
opening-hours = Giờ mở cửa
hours-unchecked = Chưa kiểm tra tại chỗ. Ngày lễ có thể khác.
hours-unknown-line = Chúng tôi chưa rõ.
every-day = hằng ngày
days-from-to = { $first } đến { $last }
span = { $opens }–{ $closes }
span-about = khoảng { $opens }–{ $closes }
span-winter = Mùa đông từ { $time }
how-far = Bao xa
far-here = Bạn đang ở đây.
far-line = Đi bộ khoảng { $minutes } phút, { $direction ->
    [north] phía bắc
    [north-east] phía đông bắc
    [east] phía đông
    [south-east] phía đông nam
    [south] phía nam
    [south-west] phía tây nam
    [west] phía tây
   *[north-west] phía tây bắc
}.
far-estimate = Tính theo đường chim bay; đi theo phố có thể khác.
shore-line-here = Ngay bờ Hồ Gươm.
shore-line = Đi bộ khoảng { $minutes } phút từ bờ hồ.
where-it-is = Ở chỗ nào
map-of-place = Bản đồ: { $place } giữa các phố xung quanh
map-of-place-from = Bản đồ: { $place } và chỗ bạn đứng
near-this-place = Ở gần đó
near-minutes = Đi bộ { $minutes } phút từ đó

walking-heading = Phố đi bộ cuối tuần
walking-lake = Quanh hồ
walking-lake-line = Từ 19:00 thứ Sáu đến 24:00 Chủ nhật, cả ngày đêm
walking-quarter = Các phố trong phố cổ
walking-quarter-line = Thứ Sáu, thứ Bảy, Chủ nhật, 19:00–24:00
walking-note = Có thời gian trong năm bắt đầu từ 18:00. Thay đổi được báo tại chỗ.
walking-drawing = Quanh hồ từ 19:00 thứ Sáu đến 24:00 Chủ nhật; phố cổ các tối thứ Sáu, thứ Bảy, Chủ nhật từ 19:00 đến 24:00.
walking-now = bây giờ
walking-day = { $weekday } { $date }
friday-short = T6
saturday-short = T7
sunday-short = CN

map-source = Sơ đồ chính xác đến vài chục mét. Một số vị trí © OpenStreetMap contributors, ODbL.
