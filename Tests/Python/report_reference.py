"""The report's API as a FastAPI program: what `report-worker` must answer like.

Run as `report_reference.py PORT HOST DATABASE`; HOST is the folder of PostgreSQL's socket.
"""

import sys
from datetime import datetime
from typing import Annotated, Optional

import psycopg
import uvicorn
from fastapi import FastAPI, HTTPException, Query
from psycopg.rows import dict_row
from pydantic import BaseModel

app = FastAPI()
place = {}


class Scores(BaseModel):
    score_recent: Optional[float]
    score_steady: Optional[float]
    score_anchor: Optional[float]


class ModelRow(BaseModel):
    model_id: str
    model_name: str
    cruncher_name: str
    cruncher_id: str
    deployment_id: str


class LeaderboardRow(Scores):
    created_at: datetime
    model_id: str
    rank: int
    model_name: str
    cruncher_name: str


class GlobalRow(Scores):
    model_id: str
    performed_at: datetime


class ParamRow(Scores):
    model_id: str
    param: str
    asset: str
    horizon: int
    step: int
    performed_at: datetime


class PredictionRow(BaseModel):
    model_id: str
    param: str
    asset: str
    horizon: int
    step: int
    score_value: Optional[float]
    score_failed: bool
    score_success: bool
    score_failed_reason: Optional[str]
    scored_at: datetime
    performed_at: datetime


Ids = Annotated[list[str], Query(alias="projectIds")]


def rows(sql, *values):
    with psycopg.connect(row_factory=dict_row, **place) as connection:
        connection.execute("SET TimeZone TO 'UTC'")
        return connection.execute(sql, values).fetchall()


def naive(time):
    return time.replace(tzinfo=None)


@app.get("/reports/models", response_model=list[ModelRow])
def models():
    return rows("SELECT crunch_identifier AS model_id, name AS model_name,"
                " player_name AS cruncher_name, player_crunch_identifier AS cruncher_id,"
                " deployment_identifier AS deployment_id FROM models")


@app.get("/reports/leaderboard", response_model=list[LeaderboardRow])
def leaderboard():
    newest = rows("SELECT * FROM leaderboards ORDER BY created_at DESC LIMIT 1")
    if not newest:
        return []
    return [
        LeaderboardRow(
            created_at=naive(newest[0]["created_at"]), model_id=entry["model_id"],
            rank=entry["rank"], model_name=entry["model_name"],
            cruncher_name=entry["player_name"],
            **{f"score_{window}": entry["score"][window]
               for window in ("recent", "steady", "anchor")})
        for entry in sorted(newest[0]["entries"], key=lambda entry: entry["rank"])
    ]


def snapshots(ids, start, end):
    return rows("SELECT * FROM model_score_snapshots WHERE model_id = ANY(%s)"
                " AND performed_at >= %s AND performed_at <= %s", ids, start, end)


@app.get("/reports/models/global", response_model=list[GlobalRow])
def overall(ids: Ids, start: datetime, end: datetime):
    return [
        GlobalRow(model_id=row["model_id"], performed_at=naive(row["performed_at"]),
                  **{f"score_{window}": row[f"overall_score_{window}"]
                     for window in ("recent", "steady", "anchor")})
        for row in snapshots(ids, start, end)
    ]


@app.get("/reports/models/params", response_model=list[ParamRow])
def by_param(ids: Ids, start: datetime, end: datetime):
    return [
        ParamRow(model_id=row["model_id"], performed_at=naive(row["performed_at"]),
                 param="{asset}-{horizon}-{step}".format(**entry["param"]), **entry["param"],
                 **{f"score_{window}": value for window, value in entry["score"].items()})
        for row in snapshots(ids, start, end) for entry in row["scores_by_param"]
    ]


@app.get("/reports/predictions", response_model=list[PredictionRow])
def predictions(ids: Ids, start: datetime, end: datetime):
    if len(ids) > 1:
        raise HTTPException(400, "Service is available only for one model at a time."
                                 " Please provide a single model_id.")
    return [
        PredictionRow(
            param=f"{row['asset']}-{row['horizon']}-{row['step']}",
            score_failed=not row["score_success"], scored_at=naive(row["score_scored_at"]),
            performed_at=naive(row["performed_at"]),
            **{name: row[name] for name in ("model_id", "asset", "horizon", "step", "score_value",
                                            "score_success", "score_failed_reason")})
        for row in rows("SELECT * FROM predictions WHERE model_id = ANY(%s)"
                        " AND performed_at >= %s AND performed_at <= %s"
                        " AND score_scored_at IS NOT NULL", ids, start, end)
    ]


if __name__ == "__main__":
    place.update(host=sys.argv[2], user="updraft", dbname=sys.argv[3])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
