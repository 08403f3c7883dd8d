"""Việt Nam's 34 provinces and cities since 2025-07-01, and the names that became part of each.

Resolution 202/2025/QH15 of the National Assembly. A name stands for itself, too; further names
are spellings in use.
"""

from collections.abc import Mapping

PROVINCES: Mapping[str, tuple[str, ...]] = {
    "An Giang": ("Kiên Giang",),
    "Bắc Ninh": ("Bắc Giang",),
    "Cà Mau": ("Bạc Liêu",),
    "Cao Bằng": (),
    "Cần Thơ": ("Hậu Giang", "Sóc Trăng"),
    "Đà Nẵng": ("Quảng Nam",),
    "Đắk Lắk": ("Đăk Lăk", "Đắc Lắc", "Daklak", "Phú Yên"),
    "Điện Biên": (),
    "Đồng Nai": ("Bình Phước",),
    "Đồng Tháp": ("Tiền Giang",),
    "Gia Lai": ("Bình Định",),
    "Hà Nội": ("Hanoi",),
    "Hà Tĩnh": (),
    "Hải Phòng": ("Haiphong", "Hải Dương"),
    "Hồ Chí Minh": ("HCM", "HCMC", "Sài Gòn", "Saigon", "Bà Rịa - Vũng Tàu", "Bình Dương"),
    "Huế": ("Thừa Thiên Huế",),
    "Hưng Yên": ("Thái Bình",),
    "Khánh Hòa": ("Ninh Thuận",),
    "Lai Châu": (),
    "Lạng Sơn": (),
    "Lào Cai": ("Yên Bái",),
    "Lâm Đồng": ("Bình Thuận", "Đắk Nông", "Đăk Nông", "Đắc Nông", "Daknong"),
    "Nghệ An": (),
    "Ninh Bình": ("Hà Nam", "Nam Định"),
    "Phú Thọ": ("Hòa Bình", "Vĩnh Phúc"),
    "Quảng Ngãi": ("Kon Tum", "Kontum"),
    "Quảng Ninh": (),
    "Quảng Trị": ("Quảng Bình",),
    "Sơn La": (),
    "Tây Ninh": ("Long An",),
    "Thái Nguyên": ("Bắc Kạn", "Bắc Cạn"),
    "Thanh Hóa": (),
    "Tuyên Quang": ("Hà Giang",),
    "Vĩnh Long": ("Bến Tre", "Trà Vinh"),
}
"""By today's name, what else it is, or was, called."""

COUNTRY = ("vn", "vnm", "viet nam", "vietnam", "việt nam")
"""What their country is called, as `folded` leaves it."""
