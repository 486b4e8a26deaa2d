using System.Diagnostics;
using System.Globalization;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>What a bus has in memory once it has started.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MemoryTests : IDisposable
{
    private const int Starts = 25;

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    /// <summary>Of the program's file, too: what the start alone has needed is let go of. The target is dbus-daemon's and dbus-broker's size.</summary>
    [Test]
    public void A_bus_that_has_started_has_at_most_11_MiB()
    {
        (Process broker, _) = _shell.StartBroker("--address=unix:path=bus");

        Assert.That(() => Mappings(broker).Sum(mapping => mapping["Rss"]), Is.LessThanOrEqualTo(11 << 10).After(20_000, 50));
    }

    /// <summary>Who has given up root has no right to see its own page table (/proc/self/pagemap).</summary>
    [Test]
    public void Neither_has_one_that_has_become_another_user()
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root can become another user");
        File.WriteAllText(_shell.In("bus.conf"), $"<busconfig><type>xcp</type><user>nobody</user><listen>unix:path={_shell.In("bus")}</listen></busconfig>");
        (Process broker, _) = _shell.StartBroker("--config-file=bus.conf");

        Assert.That(() => Mappings(broker).Sum(mapping => mapping["Rss"]), Is.LessThanOrEqualTo(11 << 10).After(20_000, 50));
    }

    [Test]
    public void What_connections_have_needed_on_their_way_is_let_go_of_in_a_quiet_second()
    {
        (Process broker, string address) = _shell.StartBroker("--address=unix:path=bus");
        Assert.That(() => Mappings(broker).Where(IsCode).Sum(mapping => mapping["Rss"]), Is.LessThan(3 << 10).After(20_000, 50));
        long most = 0;
        for (int i = 0; i < 256; i++)
        {
            RawPeer.Connect(address).Dispose();
            most = Math.Max(most, Mappings(broker).Where(IsCode).Sum(mapping => mapping["Rss"]));
        }

        Assert.That(() => Mappings(broker).Where(IsCode).Sum(mapping => mapping["Rss"]), Is.LessThan(most).After(20_000, 50));
    }

    /// <summary>Those with what the loader has relocated, and the runtime's guard of stacks: whoever loses that loses the process, sooner or later.</summary>
    [Test]
    public void Pages_of_the_program_that_are_its_own_stay()
    {
        (Process broker, _) = _shell.StartBroker("--address=unix:path=bus");
        Assert.That(() => Mappings(broker).Where(IsCode).Sum(mapping => mapping["Rss"]), Is.LessThan(3 << 10).After(20_000, 50), "code is let go of");

        Assert.That(Mappings(broker).Count(mapping => IsConstant(mapping) && mapping["Anonymous"] > 0), Is.GreaterThan(1));
        Assert.That(_shell.BusId($"unix:path={_shell.In("bus")}"), Has.Length.EqualTo(32));

        static bool IsConstant(Dictionary<string, long> mapping) => mapping.ContainsKey("program r--p");
    }

    private static bool IsCode(Dictionary<string, long> mapping) => mapping.ContainsKey("program r-xp");

    /// <summary>
    /// A client that proves itself by cookie has the broker ask the name service, whose libraries are loaded while the host comes up and pages are
    /// let go of. One start in thirty once lost what the loader had relocated there, and crashed at its end.
    /// </summary>
    [Test]
    public void Buses_that_load_a_library_while_they_let_go_end_as_they_should([Range(1, 6)] int round)
    {
        const string Start = "HOME=$D $B --print-address --address=tcp:host=127.0.0.1 >$n 2>log & until [ -s $n ]; do :; done";
        const string Ask = "HOME=$D dbus-send --bus=$(cat $n) --dest=org.freedesktop.DBus --print-reply=literal / org.freedesktop.DBus.GetId";
        ShellResult result = _shell.Run($"for n in $(seq {Starts}); do {Start}; {Ask}; kill $!; wait $!; echo status $?; done");

        const string One = "   [0-9a-f]{32}status 0\n";
        Assert.That(result.Output, Does.Match($"^({One}){{{Starts}}}$"), $"round {round}: {result.Error}");
    }

    /// <summary>What is mapped: KiB by kind, and "program" with the permissions where it is the broker's file. Source: proc_pid_smaps(5).</summary>
    private static List<Dictionary<string, long>> Mappings(Process process)
    {
        string program = File.ResolveLinkTarget($"/proc/{process.Id}/exe", returnFinalTarget: false)!.FullName;
        List<Dictionary<string, long>> mappings = [];
        foreach (string line in File.ReadLines($"/proc/{process.Id}/smaps"))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!words[0].EndsWith(':'))
            {
                mappings.Add(new Dictionary<string, long> { [line.EndsWith(program, StringComparison.Ordinal) ? $"program {words[1]}" : ""] = 0 });
            }
            else if (words is [_, _, "kB"])
            {
                mappings[^1][words[0][..^1]] = long.Parse(words[1], CultureInfo.InvariantCulture);
            }
        }

        return mappings;
    }
}
