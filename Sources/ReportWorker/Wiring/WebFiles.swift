import Glibc
import Reporting

/// The web pages: parts of this program, and the chart library of the system.
enum WebFiles {
  /// A larger chart library is none.
  private static let libraryBytesMax = 4 << 20

  /// The pages of `Web/`, which the build puts into the program.
  static var own: [ReportFile] {
    let script = "text/javascript; charset=utf-8"
    return [
      ReportFile(
        path: "/", contentType: "text/html; charset=utf-8", bytes: PackageResources.index_html),
      asset("app.css", "text/css; charset=utf-8", PackageResources.app_css),
      asset("icon.svg", "image/svg+xml", PackageResources.icon_svg),
      asset("api.js", script, PackageResources.api_js),
      asset("app.js", script, PackageResources.app_js),
      asset("charts.js", script, PackageResources.charts_js),
      asset("format.js", script, PackageResources.format_js),
      asset("game.js", script, PackageResources.game_js),
      asset("leaderboard.js", script, PackageResources.leaderboard_js),
      asset("model.js", script, PackageResources.model_js),
    ]
  }

  /// Chart.js as Debian's package `libjs-chart.js` installs it; nil when it isn't there.
  static func chartLibrary(at path: String) -> ReportFile? {
    guard let file = fopen(path, "rbe") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: libraryBytesMax + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard count > 0, count <= libraryBytesMax else { return nil }
    return asset("chart.js", "text/javascript; charset=utf-8", Array(bytes[..<count]))
  }

  private static func asset(_ name: String, _ type: String, _ bytes: [UInt8]) -> ReportFile {
    ReportFile(path: "/assets/\(name)", contentType: type, bytes: bytes)
  }
}
