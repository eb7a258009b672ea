internal import JSON

/// A page that is one file: tables, lines and a heat map, with nothing to load.
public struct Page: Sendable {
  /// A table.
  public struct Table: Sendable {
    /// What stands above it.
    public var title: String
    /// The small text beneath the title; may be empty.
    public var note = ""
    /// The column's title, and whether it holds text (aligned left, wrapped).
    public var columns: [(title: String, isText: Bool)]
    /// In the order in which they are shown.
    public var rows: [Row] = []

    /// A table without rows yet.
    public init(_ title: String, note: String = "", columns: [(title: String, isText: Bool)]) {
      self.title = title
      self.note = note
      self.columns = columns
    }
  }

  /// A row of a table.
  public struct Row: Sendable {
    /// Whether it is the one that is advised.
    public var isChosen = false
    /// As many as the table has columns.
    public var cells: [Cell]

    /// A row of cells, as many as the table has columns.
    public init(isChosen: Bool = false, _ cells: [Cell]) {
      self.isChosen = isChosen
      self.cells = cells
    }
  }

  /// A text, and a small one beneath.
  public struct Cell: Sendable {
    /// The cell's main text.
    public var text: String
    /// A small text beneath it; may be empty.
    public var small = ""
    /// `better`, `worse` or empty: the colour of the small text.
    public var tone = ""

    /// A cell.
    public init(_ text: String, small: String = "", tone: String = "") {
      self.text = text
      self.small = small
      self.tone = tone
    }
  }

  /// How an axis is divided.
  public enum Scale: String, Sendable {
    case linear, log
    /// Shares, by the nines of 1 − share.
    case nines
  }

  /// How numbers are written.
  public enum Format: String, Sendable {
    case millis, number, seconds, share
  }

  /// One axis.
  public struct Axis: Sendable {
    /// How it is divided.
    public var scale: Scale
    /// What stands beside it.
    public var label: String
    /// How its numbers are written.
    public var format: Format
    /// Where a linear axis begins; nil: at the smallest value.
    public var from: Double?

    /// An axis.
    public init(_ scale: Scale, _ label: String, _ format: Format, from: Double? = nil) {
      self.scale = scale
      self.label = label
      self.format = format
      self.from = from
    }
  }

  /// One line of a chart.
  public struct Series: Sendable {
    /// Its name in the legend; lines of one name share it.
    public var name: String
    /// The number of its colour.
    public var key: Int
    /// Drawn thin, behind the others.
    public var isFaint: Bool
    /// In the order in which they are joined.
    public var points: [(x: Double, y: Double)]

    /// A line.
    public init(
      _ name: String, key: Int, isFaint: Bool = false, points: [(x: Double, y: Double)]
    ) {
      self.name = name
      self.key = key
      self.isFaint = isFaint
      self.points = points
    }
  }

  /// Lines in a box.
  public struct Chart: Sendable {
    /// What stands above it.
    public var title: String
    /// The small text beneath the title; may be empty.
    public var note: String
    /// The horizontal axis.
    public var x: Axis
    /// The vertical axis.
    public var y: Axis
    /// The lines, the last one on top.
    public var series: [Series]
    /// Whether what is beneath a line is tinted.
    public var isArea: Bool

    /// A chart.
    public init(
      _ title: String, note: String = "", x: Axis, y: Axis, series: [Series], isArea: Bool = false
    ) {
      self.title = title
      self.note = note
      self.x = x
      self.y = y
      self.series = series
      self.isArea = isArea
    }
  }

  /// What stands above it.
  public var title: String
  /// The lines beneath the title.
  public var lead: [String] = []
  /// Shown first.
  public var tables: [Table] = []
  /// Shown side by side where there is room.
  public var charts: [Chart] = []
  /// Shown last; nil for none.
  public var heatMap: HeatMap?
  /// The last line.
  public var footer = "Made by updraft bench; see docs/benchmarks.md."

  /// A page without anything on it.
  public init(title: String) { self.title = title }
}

extension Page {
  /// The file's text.
  public var html: String {
    let parts: [(String, String)] = [
      ("{style}", Self.text(PackageResources.bench_css)),
      ("{script}", Self.text(PackageResources.charts_js) + Self.text(PackageResources.page_js)),
      ("{title}", Self.escaped(title)),
      // Last: what it holds is nobody's place. `</` would end the script element.
      ("{data}", json.text().replacing("</", with: "<\\/")),
    ]
    return parts.reduce(Self.text(PackageResources.bench_html)) {
      $0.replacing($1.0, with: $1.1, maxReplacements: 1)
    }
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
  }

  private var json: JSONValue {
    [
      "title": .string(title), "lead": .array(lead.map { .string($0) }),
      "tables": .array(tables.map(\.json)), "charts": .array(charts.map(\.json)),
      "heat": heatMap?.json["heat_map"] ?? .null, "footer": .string(footer),
    ]
  }
}

extension Page.Table {
  fileprivate var json: JSONValue {
    [
      "title": .string(title), "note": .string(note),
      "columns": .array(columns.map { ["title": .string($0.title), "isText": .bool($0.isText)] }),
      "rows": .array(
        rows.map { row in
          [
            "chosen": .bool(row.isChosen),
            "cells": .array(
              row.cells.map { cell in
                [
                  "text": .string(cell.text), "small": .string(cell.small),
                  "tone": .string(cell.tone),
                ]
              }),
          ]
        }),
    ]
  }
}

extension Page.Chart {
  fileprivate var json: JSONValue {
    [
      "title": .string(title), "note": .string(note), "area": .bool(isArea), "x": x.json,
      "y": y.json,
      "series": .array(
        series.map { one in
          [
            "name": .string(one.name), "key": .int(Int64(one.key)), "faint": .bool(one.isFaint),
            "points": .array(one.points.map { [.double($0.x), .double($0.y)] }),
          ]
        }),
    ]
  }
}

extension Page.Axis {
  fileprivate var json: JSONValue {
    [
      "kind": .string(scale.rawValue), "label": .string(label), "format": .string(format.rawValue),
      "from": from.map { .double($0) } ?? .null,
    ]
  }
}
