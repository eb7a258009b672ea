"""What the Condor score and report workers do to `predictions`, with plain SQLAlchemy ORM.

Inserts, reads, scores by id, and deletes in the database of the POSTGRES_* variables; prints one
line of JSON with what it saw.
"""

import json
import os
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, create_engine, delete, func, select, update
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class ModelRow(Base):
    __tablename__ = "models"

    crunch_identifier: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    deployment_identifier: Mapped[str]
    player_crunch_identifier: Mapped[str]
    player_name: Mapped[str]


class PredictionRow(Base):
    __tablename__ = "predictions"

    id: Mapped[str] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(ForeignKey("models.crunch_identifier"), index=True)
    asset: Mapped[str]
    horizon: Mapped[int]
    step: Mapped[int]
    status: Mapped[str]
    exec_time: Mapped[float]
    distributions: Mapped[list | None] = mapped_column(JSON)
    performed_at: Mapped[datetime]
    resolvable_at: Mapped[datetime]
    score_value: Mapped[float | None]
    score_success: Mapped[bool | None]
    score_failed_reason: Mapped[str | None]
    score_scored_at: Mapped[datetime | None]


def prediction(number: int, performed_at: datetime) -> PredictionRow:
    return PredictionRow(
        id=f"PRE_python_{number}", model_id="python", asset="BTC", horizon=3600, step=60,
        status="SUCCESS", exec_time=1.5, distributions=[{"step": number}],
        performed_at=performed_at, resolvable_at=performed_at + timedelta(hours=1))


def main() -> None:
    env = os.environ
    url = URL.create(
        "postgresql+psycopg2", username=env["POSTGRES_USER"],
        password=env.get("POSTGRES_PASSWORD") or None, database=env["POSTGRES_DB"],
        query={"host": env["POSTGRES_HOST"], "port": env["POSTGRES_PORT"]})
    now = datetime.fromisoformat(env["NOW"])
    seen = {}
    with Session(create_engine(url)) as session:
        session.add(ModelRow(
            crunch_identifier="python", name="", deployment_identifier="",
            player_crunch_identifier="", player_name=""))
        session.flush()
        # Of three partitions, and one row that no partition by time takes.
        days = [timedelta(days=days) for days in (0, 1, 2, -50)]
        session.add_all([prediction(n, now + day) for n, day in enumerate(days)])
        session.commit()
        first = session.get(PredictionRow, "PRE_python_0")
        seen["distributions"] = first.distributions
        first.score_value, first.score_success = 0.5, True
        first.score_scored_at = now
        session.commit()
        scored = session.execute(
            update(PredictionRow).where(PredictionRow.id == "PRE_python_3")
            .values(score_value=0.25, score_success=True, score_scored_at=now))
        seen["updated"] = scored.rowcount
        # An update that moves the row to another partition.
        session.get(PredictionRow, "PRE_python_1").performed_at = now + timedelta(days=3)
        session.commit()
        seen["mean"] = session.scalar(select(func.avg(PredictionRow.score_value)))
        session.delete(session.get(PredictionRow, "PRE_python_2"))
        session.commit()
        pruned = session.execute(
            delete(PredictionRow).where(PredictionRow.score_scored_at < now + timedelta(days=1)))
        session.commit()
        seen["pruned"] = pruned.rowcount
        seen["left"] = session.scalars(select(PredictionRow.id)).all()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
