"""A small CRM in Flask, which labels customers as they order and has custrata's panel inside."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import (
    Flask,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
)
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response

from custrata import CustrataError
from custrata.flask import Custrata

HERE = Path(__file__).parent
RULES = HERE.with_name("rules.yaml").read_text(encoding="utf-8")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LARGEST = 10**12
"""Of an amount in đồng: what is larger is a slip, and at some size more than tables take."""
PASSWORD = generate_password_hash("demo")
STAFF = {"an": ("An Nguyễn", "admin"), "binh": ("Bình Trần", "viewer")}
"""Who signs in, with name and role in the panel; a CRM of yours has a table of them."""


class Base(DeclarativeBase):
    """Tables of this CRM; custrata's own stand in another file, so names may be the same."""


class Customer(Base):
    """Somebody who orders; `label` is what custrata said last."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    label: Mapped[str | None]
    orders: Mapped[list[Order]] = relationship(back_populates="customer")


class Order(Base):
    """What a customer ordered, in đồng."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    ordered_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC))
    amount: Mapped[int]
    customer: Mapped[Customer] = relationship(back_populates="orders")


def create_app(folder: Path = HERE) -> Flask:
    """The CRM, with its data in a folder."""
    app = Flask("flask_crm", root_path=str(HERE))
    app.config.update(SECRET_KEY=_secret(folder), SESSION_COOKIE_SAMESITE="Lax")
    engine = create_engine(f"sqlite:///{folder / 'crm.db'}")
    Base.metadata.create_all(engine)
    custrata = Custrata(
        app,
        url_prefix="/segments",
        store=engine,  # custrata.db beside crm.db
        rules=RULES,
        person=_person,
        sign_in="/sign-in?next={next}",
        worker=True,
    )
    _signing_in(app)
    _pages(app, sessionmaker(engine), custrata)
    return app


def _secret(folder: Path) -> str:
    """What sessions are signed with: made once."""
    kept = folder / "secret.txt"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_hex(), encoding="ascii")
    return kept.read_text(encoding="ascii")


def _person() -> dict[str, str | None] | None:
    """Who is signed in, as custrata wants to know it."""
    login = session.get("login")
    if login is None:
        return None
    name, role = STAFF[login]
    return {"login": login, "name": name, "role": role, "language": request.accept_languages.best}


def _signing_in(app: Flask) -> None:
    @app.before_request
    def signed_in() -> Response | None:
        """Every page is for who is signed in, the panel's too."""
        if "login" in session or request.endpoint in ("sign_in", "static"):
            return None
        return redirect(url_for("sign_in", next=request.full_path.rstrip("?")))

    @app.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> str | Response:
        login = request.form.get("login", "")
        if request.method == "GET":
            return render_template("sign_in.html")
        if login not in STAFF or not check_password_hash(PASSWORD, request.form["password"]):
            flash("Login or password is wrong.")
            return render_template("sign_in.html")
        session.clear()
        session["login"] = login
        going = request.args.get("next", "/")
        local = going.startswith("/") and not going.startswith(("//", "/\\"))
        return redirect(going if local else "/")

    @app.post("/sign-out")
    def sign_out() -> Response:
        session.clear()
        return redirect(url_for("sign_in"))


def _pages(app: Flask, database: sessionmaker[Session], custrata: Custrata) -> None:
    @app.get("/")
    def customers() -> str:
        with database() as found:
            rows = found.scalars(select(Customer).order_by(Customer.name).limit(100)).all()
            return render_template("customers.html", customers=rows)

    @app.post("/customers")
    def add_customer() -> Response:
        with database.begin() as found:
            found.add(Customer(name=request.form["name"].strip() or abort(400)))
        return redirect("/")

    @app.post("/customers/<int:number>/orders")
    def add_order(number: int) -> Response:
        amount = request.form.get("amount", type=int)
        if amount is None or not 0 < amount <= LARGEST:
            abort(400)
        with database.begin() as found:
            customer = found.get(Customer, number) or abort(404)
            customer.orders.append(Order(amount=amount))
            found.flush()
            _label(custrata, customer)
        return redirect("/")


def _label(custrata: Custrata, customer: Customer) -> None:
    """Ask the rules in force, with all that she ordered; others change them in the panel."""
    orders = [
        {"occurred_at": _day(one.ordered_at), "amount": one.amount} for one in customer.orders
    ]
    today = datetime.now(ZONE).date()
    try:
        known = custrata.engine().customer(as_of=today, transactions=orders)
        customer.label = known.text("rfm")
    except CustrataError:
        current_app.logger.exception("customer %s keeps her label", customer.id)


def _day(moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(ZONE).date()
