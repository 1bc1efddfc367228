import FlowTestKit

var found = 0
for seed in UInt64(1)...200 {
  let outcome = simulate(seed: seed)
  if let violation = outcome.violation { print(violation); found += 1 }
}
print(found)
