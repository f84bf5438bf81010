import Foundation
import Glibc
import MigrationTestSupport

let arguments = CommandLine.arguments.dropFirst()
guard let options = BenchOptions(arguments) else {
    print(BenchOptions.usage)
    exit(arguments.contains("--help") || arguments.contains("-h") ? 0 : 64)
}
EndBySignal.install()
do {
    let report = try Benchmark(options: options).run()
    Progress.clear()
    print(options.isJSON ? try report.json() : report.table())
} catch {
    Progress.clear()
    FileHandle.standardError.write(Data("ferrite-bench: \(error)\n".utf8))
    exit(1)
}
