import FlowTestKit

var found = 0
let all = CommandLine.arguments
if all.count == 2 { print(simulate(seed: UInt64(all[1])!, trace: { print($0) }).violation as Any) } else {
for seed in UInt64(Int(CommandLine.arguments[1])!)...UInt64(Int(CommandLine.arguments[2])!) {
  let outcome = simulate(seed: seed)
  if let violation = outcome.violation { print(violation); found += 1 }
}
print(found)
}
