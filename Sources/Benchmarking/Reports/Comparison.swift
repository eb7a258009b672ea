/// One figure of one candidate in two reports.
public struct Comparison: Hashable, Sendable {
  /// What the difference says.
  public enum Verdict: String, Hashable, Sendable {
    case better
    case worse
    /// No larger than what chance does.
    case same = "within noise"
    /// A report has too few runs to know the noise.
    case unknown = "too few runs"
  }

  /// Differences below this are never called one, relative.
  public static let floor = 0.02

  /// Whose figure it is.
  public let candidate: String
  /// Which one.
  public let figure: Figure
  /// The median of the older report.
  public let old: Double
  /// The median of the newer report.
  public let new: Double
  /// new / old − 1.
  public let change: Double
  /// A change up to this is noise, relative; nil when it is not known.
  public let noise: Double?
  /// What the difference says.
  public let verdict: Verdict

  /// Compares the figures that are better one way and that both reports have.
  public static func all(old: BenchReport, new: BenchReport) -> [Comparison] {
    new.candidates.flatMap { candidate in
      new.figures.filter { $0.better != .neither }.compactMap { figure in
        guard let before = old.spread(figure, of: candidate),
          let after = new.spread(figure, of: candidate)
        else { return nil }
        return Comparison(candidate: candidate, figure: figure, old: before, new: after)
      }
    }
  }

  /// The bound of noise is three standard errors of the difference of the medians,
  /// 3 · √(e² + e′²), relative to the old median, and at least `floor`.
  init?(candidate: String, figure: Figure, old: RunSpread, new: RunSpread) {
    self.candidate = candidate
    self.figure = figure
    self.old = old.median
    self.new = new.median
    if old.median == 0 {
      // Nothing to be relative to: any difference is told as one.
      change = new.median == 0 ? 0 : new.median > 0 ? .infinity : -.infinity
    } else {
      change = (new.median - old.median) / abs(old.median)
    }
    if let first = old.medianError, let second = new.medianError {
      let error = (first * first + second * second).squareRoot()
      noise = max(Self.floor, old.median == 0 ? 0 : 3 * error / abs(old.median))
    } else {
      noise = nil
    }
    verdict =
      switch noise {
      case nil: .unknown
      case let noise? where abs(change) <= noise: .same
      default: (change < 0) == (figure.better == .less) ? .better : .worse
      }
  }
}
