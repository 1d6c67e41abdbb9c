//! The counting rule in words: one constant text, used wherever visitors are shown.

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

const VI: &str = "Một khách là một địa chỉ thiết bị trong một ngày dương lịch. Điện thoại tự đổi địa chỉ ngẫu nhiên sẽ \
được tính lại; cùng một thiết bị ở nhiều điểm truy cập trong ngày chỉ là một khách của toàn khu; số của nhiều ngày là \
tổng các ngày. Số lớn được ước lượng (sai số thường dưới 2 %). Tỷ lệ địa chỉ ngẫu nhiên ghi ở bên cạnh.";

const EN: &str = "A visitor is one device address on one civil day. A phone that changes its random address counts \
again; a device seen at several access points on a day is one visitor of the whole area; the figures of several days add \
up. Large numbers are estimates (usually within 2 %). The share of random addresses stands beside them.";

/// How visitors are counted, for people.
#[must_use]
pub fn counting_rule(wording: Wording) -> &'static str {
    match wording {
        Wording::Vi => VI,
        Wording::En => EN,
    }
}
