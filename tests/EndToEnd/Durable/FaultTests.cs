using System.Diagnostics;
using System.Globalization;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Durable;

/// <summary>Everything dies at random, nothing that was accepted is lost, and every call ends once. XCP_FAULT_SECONDS and XCP_FAULT_SEED make it longer, or the same again.</summary>
internal sealed class FaultTests
{
    private const int Senders = 3;
    private const int Callers = 2;
    private const int MessagesPerSecond = 40;
    private const int MaxDeliveries = 5;

    /// <summary>
    /// What tables, pools and stacks may keep of their widest moment: they have room for what there was most of, whenever that was.
    /// Measured: 0.2 to 0.5 MiB after 8 s of faults, 0.4 MiB after 60 s, 0.1 MiB after 240 s.
    /// </summary>
    private const long SpareMemory = 2 << 20;

    private static readonly TimeSpan UntilQuiet = TimeSpan.FromSeconds(90);

    /// <summary>How a call may end: the last two are the test's own words.</summary>
    private static readonly string[] Ends =
    [
        "answered", "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.TimedOut", "org.freedesktop.DBus.Error.LimitsExceeded", "bus gone", "left",
    ];

    [Test]
    public void Accepted_messages_arrive_in_order_and_calls_end_once_whatever_dies()
    {
        int seconds = Setting("XCP_FAULT_SECONDS", 20);
        int seed = Setting("XCP_FAULT_SEED", Random.Shared.Next(1 << 16));
        TestContext.Progress.WriteLine($"faults for {seconds} s with seed {seed}");
        using DurableStage stage = new($"Exec={{RECEIVER}} {seed}", $"X-XCP-MaxDeliveries={MaxDeliveries}", "X-XCP-BufferTimeout=3s");
        stage.Describe(DurableStage.Plain, $"Exec={{RECEIVER}} {seed}", "X-XCP-Buffer=yes", "X-XCP-BufferTimeout=3s", "X-XCP-BufferMessages=20");
        stage.Restart();
        Random chance = new(seed);
        Counts counts = new();
        Round(stage, chance, TimeSpan.FromSeconds(seconds * 0.5), killsBus: true, counts);

        // From here on it is one bus. What it has after it has done everything for the first time is what it needs.
        stage.Restart();
        Round(stage, chance, TimeSpan.FromSeconds(seconds * 0.1), killsBus: false, counts);
        Footprint.Visit(stage.Address);
        Footprint before = Footprint.OfQuiet(stage.Broker);
        Round(stage, chance, TimeSpan.FromSeconds(seconds * 0.4), killsBus: false, counts);
        Footprint.Visit(stage.Address);
        Assert.That(() => Footprint.Of(stage.Broker).Descriptors, Is.EqualTo(before.Descriptors).After(60).Seconds.PollEvery(200).MilliSeconds, $"seed {seed}: descriptors");
        Assert.That(
            () => Footprint.Of(stage.Broker).Memory, Is.LessThan(before.Memory + SpareMemory).After(60).Seconds.PollEvery(200).MilliSeconds, $"seed {seed}: memory");
        TestContext.Progress.WriteLine($"before {seconds * 0.4:F0} s of this: {before}; then: {Footprint.OfQuiet(stage.Broker)}");
        CheckMessages(stage, seed, counts);
        CheckCalls(stage, seed, counts.Outcomes);
        Assert.That(stage.Statistic("BufferMessages"), Is.Zero);
        Assert.That(stage.Statistic("JournalMessages"), Is.EqualTo(SetAside(Waiting(stage))));
    }

    /// <summary>Sends, calls and kills for some time, then waits until every message has gone somewhere and every service has ended.</summary>
    private static void Round(DurableStage stage, Random chance, TimeSpan time, bool killsBus, Counts counts)
    {
        FaultCaller[] callers = [.. Enumerable.Range(0, Callers).Select(_ => new FaultCaller(stage.Address, new Random(chance.Next()), counts.NextCall))];
        Process[] senders = [.. Enumerable.Range(0, Senders).Select(_ => stage.Send(counts.NextSender(), (int)(time.TotalSeconds * MessagesPerSecond)))];
        Array.ForEach(callers, caller => caller.Start());
        Faults(stage, chance, time, killsBus, counts);
        Receivers(stage, "CONT");
        foreach (Process sender in senders)
        {
            Assert.That(sender.WaitForExit(UntilQuiet), Is.True, "a sender hangs");
        }

        foreach (FaultCaller caller in callers)
        {
            caller.Finish();
            counts.Add(caller.Outcomes);
            caller.Dispose();
        }

        Assert.That(() => Waiting(stage), Does.Not.Match(": [1-9][0-9]* messages").After((int)UntilQuiet.TotalSeconds).Seconds.PollEvery(200).MilliSeconds);

        // One that was started for what has timed out meanwhile comes late.
        Assert.That(
            () =>
            {
                Receivers(stage, "KILL");
                return Footprint.Of(stage.Broker).Children;
            },
            Is.Zero.After(60).Seconds.PollEvery(200).MilliSeconds,
            "children are left");
    }

    private static void Faults(DurableStage stage, Random chance, TimeSpan time, bool killsBus, Counts counts)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begin) < time)
        {
            Pass(chance.Next(100, 800));
            switch (chance.Next(8))
            {
                case 0 or 1 when killsBus:
                    stage.Restart();
                    break;
                case 2 or 3:
                    Receivers(stage, "KILL");
                    break;
                case 4:
                    Receivers(stage, "STOP");
                    Pass(chance.Next(100, 500));
                    Receivers(stage, chance.Next(2) == 0 ? "KILL" : "CONT");
                    break;
                case 5 when counts.Poison == 0:
                    stage.Post("poison", 1);
                    counts.Poison++;
                    break;
                default:
                    break;
            }
        }
    }

    private static void CheckMessages(DurableStage stage, int seed, Counts counts)
    {
        int setAside = SetAside(Waiting(stage));
        IReadOnlyList<(string Word, string Who, string Number)> log = stage.Log();
        int missing = 0;
        foreach (string who in counts.SenderNames)
        {
            int[] got = [.. log.Where(line => line.Word == "got" && line.Who == who).Select(Number)];
            int[] accepted = [.. log.Where(line => line.Word == "accepted" && line.Who == who).Select(Number)];
            Assert.That(got.Distinct(), Is.Ordered, $"seed {seed}: {who} in order");
            missing += accepted.Except(got).Count();
            TestContext.Progress.WriteLine($"{who}: {accepted.Length} accepted, {got.Length} got, {got.Length - got.Distinct().Count()} of them again");
        }

        Assert.That(missing + counts.Poison, Is.LessThanOrEqualTo(setAside), $"seed {seed}: accepted, not delivered, not set aside");

        // What was delivered once goes alone from then on: each further delivery takes a death of its own.
        int deaths = log.Count(line => line.Word == "pid");
        TestContext.Progress.WriteLine($"{setAside} set aside, {counts.Poison} of them poison; {deaths} services died");
        Assert.That(setAside * (MaxDeliveries - 1), Is.LessThanOrEqualTo(deaths), $"seed {seed}: of what did the others die");
    }

    private static void CheckCalls(DurableStage stage, int seed, IReadOnlyDictionary<int, List<string>> outcomes)
    {
        Dictionary<int, int> done = stage.Log().Where(line => line.Word == "did").GroupBy(Number).ToDictionary(calls => calls.Key, calls => calls.Count());
        IEnumerable<string> kinds = outcomes.Values.SelectMany(ends => ends).GroupBy(end => end).OrderBy(end => end.Key)
            .Select(end => $"{end.Count()} {end.Key.Replace("org.freedesktop.DBus.Error.", "", StringComparison.Ordinal)}");
        TestContext.Progress.WriteLine($"{outcomes.Count} calls: {string.Join(", ", kinds)}; {done.Count} were done");

        Assert.That(outcomes.Where(call => call.Value.Count != 1).Select(call => $"{call.Key}: {string.Join(", ", call.Value)}"), Is.Empty, $"seed {seed}: one end each");
        Assert.That(outcomes.Values.SelectMany(ends => ends).Distinct(), Is.SubsetOf(Ends), $"seed {seed}");
        Assert.That(done.Where(call => call.Value > 1).Select(call => call.Key), Is.Empty, $"seed {seed}: done again");
        Assert.That(
            outcomes.Where(call => call.Value[0] == "answered" && !done.ContainsKey(call.Key)).Select(call => call.Key), Is.Empty,
            $"seed {seed}: answered and not done");
    }

    /// <summary>Lets time pass: the faults come at random, and wait for nothing.</summary>
    private static void Pass(int milliseconds)
    {
        using ManualResetEventSlim never = new();
        never.Wait(milliseconds);
    }

    private static int Number((string Word, string Who, string Number) line) => int.Parse(line.Number, CultureInfo.InvariantCulture);

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : otherwise;

    private static string Waiting(DurableStage stage) => stage.Run("exec $B buffers list --address=$A").Output;

    private static int SetAside(string list)
    {
        int end = list.IndexOf(" set aside", StringComparison.Ordinal);
        return end < 0 ? 0 : int.Parse(list[(list.LastIndexOf(' ', end - 1) + 1)..end], CultureInfo.InvariantCulture);
    }

    /// <summary>Sends a signal to all receivers that have said who they are, and are still there.</summary>
    private static void Receivers(DurableStage stage, string signal)
    {
        foreach (string pid in stage.Log().Where(line => line.Word == "pid").Select(line => line.Who).Where(pid => IsReceiver(stage, pid)))
        {
            using Process kill = Process.Start("kill", ["-s", signal, pid]);
            kill.WaitForExit();
        }
    }

    private static bool IsReceiver(DurableStage stage, string pid) =>
        ProcessFile.ReadAllText($"/proc/{pid}/cmdline").Contains(stage.In("log"), StringComparison.Ordinal);

    /// <summary>What there has been so far.</summary>
    private sealed class Counts
    {
        private readonly Dictionary<int, List<string>> _outcomes = [];
        private int _calls;

        internal List<string> SenderNames { get; } = [];

        /// <summary>What became of each call, by its number.</summary>
        internal IReadOnlyDictionary<int, List<string>> Outcomes => _outcomes;

        /// <summary>Messages that kill whoever gets them.</summary>
        internal int Poison { get; set; }

        internal int NextCall() => Interlocked.Increment(ref _calls);

        internal string NextSender()
        {
            SenderNames.Add($"s{SenderNames.Count}");
            return SenderNames[^1];
        }

        internal void Add(IReadOnlyDictionary<int, List<string>> outcomes)
        {
            foreach ((int number, List<string> ends) in outcomes)
            {
                _outcomes.Add(number, ends);
            }
        }
    }
}
