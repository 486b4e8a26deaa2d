using System.Globalization;
using System.Text.RegularExpressions;
using XcpBroker.EndToEnd.Conversations;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Policies;

/// <summary>Random policies mean here what they mean to dbus-daemon: the same messages arrive, and the same are refused.</summary>
internal sealed partial class PolicyDifferentialTests
{
    private const int Policies = 50;
    private const int StepsPerPolicy = 60;

    /// <summary>Of which every descriptor is that peers pass.</summary>
    private const string NullDevice = "/dev/null";

    /// <summary>XCP_POLICY_SEED repeats a run that failed; XCP_POLICY_RUNS=N makes N of them, with as many seeds.</summary>
    [Test]
    public void Random_policies_do_the_same_to_random_messages()
    {
        int seed = Setting("XCP_POLICY_SEED") ?? Random.Shared.Next();
        for (int run = Setting("XCP_POLICY_RUNS") ?? 1; run > 0; run--)
        {
            TestContext.Progress.WriteLine($"XCP_POLICY_SEED={seed}");
            Random random = new(seed);
            for (int i = 0; i < Policies; i++)
            {
                Compare(random, $"XCP_POLICY_SEED={seed}, policy {i}");
            }

            seed++;
        }
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static void Compare(Random random, string name)
    {
        Conversation conversation = new()
        {
            File = "random",
            Title = name,
            Steps = [RandomTraffic.Beginning],
            Limits = new Dictionary<string, long>(),
            Except = new Dictionary<string, string>(),
            Configuration = new RandomPolicy(random).Write(),
        };
        using BrokerProcess ours = conversation.Start("xcp-broker");
        using BrokerProcess reference = conversation.Start("dbus-daemon");
        using Stage here = new(ours, conversation, isBigEndian: false);
        using Stage there = new(reference, conversation, isBigEndian: false);
        RandomTraffic traffic = new(random);
        List<string> story = [];
        int nullDevices = OpenFiles.Count(ours.Pid, NullDevice);
        Step step = RandomTraffic.Beginning;
        for (int i = 0; i < StepsPerPolicy; i++)
        {
            string[] heard = Comparable(here.Play(step));
            string[] expected = Comparable(there.Play(step));
            story.AddRange(step.Actions.Select(action => $"{action.Peer}> {action.Text}"));
            Assert.That(
                heard,
                Is.EqualTo(IsReply(step) && IsDenial(heard, expected) ? heard : expected),
                () => $"{name}\n{conversation.Configuration}\n{string.Join('\n', story)}\nheard:\n{string.Join('\n', heard)}");
            story.AddRange(heard);
            traffic.Note(heard);
            step = traffic.Next();
        }

        Assert.That(
            () => OpenFiles.Count(ours.Pid, NullDevice), Is.EqualTo(nullDevices).After(10).Seconds.PollEvery(20).MilliSeconds, $"descriptors were kept: {name}");
    }

    /// <summary>Without the copies of calls of the bus, the difference "eavesdrop".</summary>
    private static string[] Comparable(IReadOnlyList<string> heard) => [.. heard.Where(line => !BusCall().IsMatch(line))];

    [GeneratedRegex("^C< call from=:. to=org.freedesktop.DBus ")]
    private static partial Regex BusCall();

    private static bool IsReply(Step step) => step.Actions is [var action] && action.Text.Contains(" re=", StringComparison.Ordinal);

    /// <summary>The difference "denied-reply": of a reply that cannot be given we tell the caller, dbus-daemon tells its sender.</summary>
    private static bool IsDenial(IReadOnlyList<string> heard, IReadOnlyList<string> expected) =>
        heard is [var toCaller] && expected is [var toReplier] && Error(toReplier) is { } error && Error(toCaller) == error;

    private static string? Error(string line) => line.Split(' ') is [_, "error", var name, ..] ? name : null;
}
