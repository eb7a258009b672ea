"""The Condor predict worker's way of storing a round, for bench-store.

Reads the answers once (one JSON text a line), makes its own tables in its own database, then does
what it is told on standard input, one line each:

    run PERFORMED_AT    stores one round (ISO time); answers with one line of JSON
"""

import argparse
import json
import sys
import time
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, Index, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

HORIZON, STEP = 86_400, 300


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
    asset: Mapped[str] = mapped_column(index=True)
    horizon: Mapped[int]
    step: Mapped[int]
    status: Mapped[str] = mapped_column(index=True)
    exec_time: Mapped[float]
    distributions: Mapped[list | None] = mapped_column(JSON)
    performed_at: Mapped[datetime] = mapped_column(index=True)
    resolvable_at: Mapped[datetime] = mapped_column(index=True)
    score_value: Mapped[float | None]
    score_success: Mapped[bool | None]
    score_failed_reason: Mapped[str | None]
    score_scored_at: Mapped[datetime | None] = mapped_column(index=True)

    __table_args__ = (
        Index("idx_model_asset_horizon_step", "model_id", "asset", "horizon", "step"),
    )


def model_id(index: int) -> str:
    return f"model-{index:04d}"


def rows_of(answers: list, performed_at: datetime) -> list[PredictionRow]:
    stamp = performed_at.strftime("%Y%m%d_%H%M%S.") + f"{performed_at.microsecond // 1000:03d}"
    return [
        PredictionRow(
            id=f"PRE_{model_id(index)}_{stamp}",
            model_id=model_id(index),
            asset="BTC",
            horizon=HORIZON,
            step=STEP,
            status="SUCCESS",
            exec_time=1234.5,
            distributions=answer,
            performed_at=performed_at,
            resolvable_at=performed_at + timedelta(seconds=HORIZON),
        )
        for index, answer in enumerate(answers)
    ]


def store(session: Session, answers: list, performed_at: datetime) -> dict:
    build_start = time.perf_counter()
    rows = rows_of(answers, performed_at)
    start, cpu_start = time.perf_counter(), time.process_time()
    for row in rows:
        session.add(row)
    session.commit()
    return {
        "rows": len(rows),
        "build_seconds": start - build_start,
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - cpu_start,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--answers", required=True)
    arguments = parser.parse_args()

    with open(arguments.answers, encoding="utf-8") as file:
        answers = [json.loads(line) for line in file]
    url = URL.create(
        "postgresql+psycopg2", username=arguments.user, database=arguments.database,
        query={"host": arguments.host, "port": str(arguments.port)},
    )
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        for index in range(len(answers)):
            session.add(
                ModelRow(
                    crunch_identifier=model_id(index), name="", deployment_identifier="",
                    player_crunch_identifier="", player_name="Unknown",
                )
            )
        session.commit()
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            _, performed_at = line.split()
            result = store(session, answers, datetime.fromisoformat(performed_at))
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
