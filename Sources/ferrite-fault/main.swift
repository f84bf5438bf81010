import Foundation
import Glibc
import MigrationTestSupport

let arguments = CommandLine.arguments.dropFirst()
guard let options = FaultOptions(arguments) else {
    print(FaultOptions.usage)
    exit(arguments.contains("--help") || arguments.contains("-h") ? 0 : 64)
}
EndBySignal.install()
var code: Int32 = 1
do {
    code = try FaultSuite(options: options).run() ? 0 : 1
} catch {
    FileHandle.standardError.write(Data("ferrite-fault: \(error)\n".utf8))
}
exit(code)
