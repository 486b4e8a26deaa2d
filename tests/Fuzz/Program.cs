using System.Globalization;
using XcpBroker.Fuzz;
using XcpBroker.Fuzz.Corpus;

// fuzz TARGET|all [--seconds N] [--seed S] [FILE...]
string[] targets = [.. FuzzTargets.All.Keys];
if (args.Length == 0 || (args[0] != "all" && !FuzzTargets.All.ContainsKey(args[0])))
{
    Console.WriteLine($"fuzz TARGET|all [--seconds N] [--seed S] [FILE...]\ntargets: {string.Join(' ', targets)}");
    return 2;
}

double seconds = 10;
int seed = Environment.ProcessId;
List<string> files = [];
for (int i = 1; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--seconds" when i + 1 < args.Length:
            seconds = double.Parse(args[++i], CultureInfo.InvariantCulture);
            break;
        case "--seed" when i + 1 < args.Length:
            seed = int.Parse(args[++i], CultureInfo.InvariantCulture);
            break;
        default:
            files.Add(args[i]);
            break;
    }
}

bool isFine = true;
foreach (string name in args[0] == "all" ? targets : [args[0]])
{
    FuzzTarget target = FuzzTargets.All[name];
    isFine &= files.Count > 0
        ? FuzzRun.Replay(target, files)
        : FuzzRun.Replay(target, VectorFolder.Files(target.Corpus).Concat(VectorFolder.Files($"crashes/{name}")))
            && FuzzRun.Mutate(target, TimeSpan.FromSeconds(seconds), seed);
}

return isFine ? 0 : 1;
