using System.Text;
using XcpBroker.Auth.Policy;
using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Transport;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Configuration files: nothing throws, a problem is one line at a place, and rules that are written are read as equal rules.</summary>
internal sealed class BusConfigTarget : IFuzzTarget
{
    private static readonly PolicySource Nowhere = new("", 0);

    public static string Name => "busconfig";

    public static string Corpus => "busconfig";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        BusConfigReader reader = new(new HostFiles(), new EvenUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses);
        FuzzFailure.Unless(
            reader.TryReadDomain(input.ToArray(), "/input", out DomainDeclaration? domain, out ConfigProblem? wrong) ? domain is not null : wrong is not null,
            "neither a domain nor a problem");
        if (!reader.TryReadText(input.ToArray(), "input", out BusConfiguration? configuration, out ConfigProblem? problem))
        {
            FuzzFailure.Unless(problem is { Line: > 0, Column: > 0 } && !problem.ToString().Any(char.IsControl), "a problem without a place, or of more than one line");
            return;
        }

        FuzzFailure.Unless(configuration.Warnings.All(warning => !warning.ToString().Any(char.IsControl)), "a warning of more than one line");
        PolicyRule[] rules = [.. configuration.Policy.Entries.Select(entry => entry.Rule with { Source = Nowhere })];
        PolicyRule[] again = [.. Rewritten(reader, rules).Select(rule => rule with { Source = Nowhere })];
        FuzzFailure.Unless(rules.SequenceEqual(again), "a rule that was written is another one when it is read");
        configuration.Policy.ForPeer(0, [0], isAtConsole: false).CheckOwn("a.b");
    }

    private static IEnumerable<PolicyRule> Rewritten(BusConfigReader reader, PolicyRule[] rules)
    {
        string text = $"<busconfig><listen>unix:tmpdir=/tmp</listen><policy context=\"default\">{string.Concat<PolicyRule>(rules)}</policy></busconfig>";
        bool read = reader.TryReadText(new UTF8Encoding(false).GetBytes(text), "again", out BusConfiguration? configuration, out ConfigProblem? problem);
        FuzzFailure.Unless(read, problem?.ToString() ?? "");
        return configuration!.Policy.Entries.Select(entry => entry.Rule);
    }

    private sealed class EvenUsers : IUserDirectory
    {
        public uint? FindUser(string name) => name.Length % 2 == 0 ? (uint)name.Length : null;

        public uint? FindGroup(string name) => FindUser(name);
    }
}
