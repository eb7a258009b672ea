import JSON

/// What CrunchDAO's public UI shows of this report: the leaderboard's columns and a model's charts,
/// in the form in which that UI keeps its own.
enum WidgetSchema {
  static let json: JSONValue = [
    "schema_version": "1",
    "leaderboard_columns": .array(columns),
    "metrics_widgets": .array(widgets),
  ]

  private static let windows = [
    ("score_recent", "Recent Score", "Mean of the last day"),
    ("score_steady", "Steady Score", "Mean of the last three days"),
    ("score_anchor", "Anchor Score", "Mean of the last week"),
  ]

  private static let columns: [JSONValue] =
    [
      [
        "id": 1, "type": "MODEL", "property": "model_id", "format": .null,
        "displayName": "Model", "tooltip": .null, "order": 0,
        "nativeConfiguration": ["type": "model", "statusProperty": "status"],
      ]
    ]
    + windows.enumerated().map { index, window in
      [
        "id": .int(Int64(index + 2)), "type": "VALUE", "property": .string(window.0),
        "format": "decimal-2", "displayName": .string(window.1), "tooltip": .string(window.2),
        "order": .int(Int64(10 * (index + 1))), "nativeConfiguration": .null,
      ]
    }

  private static let widgets: [JSONValue] = [
    chart(
      1, "Score Metrics", order: 10, endpoint: "/reports/models/global",
      series: windows.map { ($0.0, $0.1) }),
    chart(
      2, "Predictions", order: 30, endpoint: "/reports/predictions",
      series: [("score_value", "Score")], isByParam: true,
      alert: ["reasonField": "score_failed_reason", "field": "score_success"]),
    chart(
      3, "Rolling score by parameters", order: 20, endpoint: "/reports/models/params",
      series: windows.map { ($0.0, $0.1) }, isByParam: true),
  ]

  private static func chart(
    _ id: Int64, _ name: String, order: Int64, endpoint: String, series: [(String, String)],
    isByParam: Bool = false, alert: JSONValue? = nil
  ) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("type", "line"), ("xAxis", ["name": "performed_at"]),
      (
        "yAxis",
        [
          "series": .array(series.map { ["name": .string($0.0), "label": .string($0.1)] }),
          "format": "decimal-2",
        ]
      ),
    ]
    if let alert { members.append(("alertConfig", alert)) }
    if isByParam {
      let filters = [("Asset", "asset"), ("Horizon", "horizon")].map { label, property in
        JSONValue.object([
          JSONMember(key: "type", value: "select"), JSONMember(key: "label", value: .string(label)),
          JSONMember(key: "property", value: .string(property)),
          JSONMember(key: "autoSelectFirst", value: true),
        ])
      }
      members += [("filterConfig", .array(filters)), ("groupByProperty", "param")]
    }
    members.append(("displayEvolution", false))
    return [
      "id": .int(id), "type": "CHART", "displayName": .string(name), "tooltip": .null,
      "order": .int(order), "endpointUrl": .string(endpoint),
      "nativeConfiguration": FieldSchema.object(members),
    ]
  }
}
