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

    /// <summary>What a heap may have grown by that has been used.</summary>
    private const long SpareMemory = 24 << 20;

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
        using DurableStage stage = new($"Exec={{RECEIVER}} {seed}", "X-XCP-MaxDeliveries=5", "X-XCP-BufferTimeout=3s");
        stage.Describe(DurableStage.Plain, $"Exec={{RECEIVER}} {seed}", "X-XCP-Buffer=yes", "X-XCP-BufferTimeout=3s", "X-XCP-BufferMessages=20");
        stage.Restart();
        Footprint before = Footprint.Of(stage.Broker);
        int numbers = 0;
        FaultCaller[] callers = [.. Enumerable.Range(0, Callers).Select(i => new FaultCaller(stage.Address, new Random(seed + i), () => Interlocked.Increment(ref numbers)))];
        Process[] senders = [.. Enumerable.Range(0, Senders).Select(i => stage.Send($"s{i}", seconds * MessagesPerSecond))];
        Array.ForEach(callers, caller => caller.Start());

        // The first half kills the bus too; the second has one bus all the time, which must not grow.
        Random chance = new(seed);
        int poison = Faults(stage, chance, TimeSpan.FromSeconds(seconds / 2.0), killsBus: true, poison: 0);
        stage.Restart();
        poison = Faults(stage, chance, TimeSpan.FromSeconds(seconds / 2.0), killsBus: false, poison);

        Receivers(stage, "CONT");
        foreach (Process sender in senders)
        {
            Assert.That(sender.WaitForExit(UntilQuiet), Is.True, $"seed {seed}: a sender hangs");
        }

        Array.ForEach(callers, caller => caller.Finish());
        Assert.That(() => Waiting(stage), Does.Not.Match(": [1-9][0-9]* messages").After((int)UntilQuiet.TotalSeconds).Seconds.PollEvery(200).MilliSeconds, $"seed {seed}");
        CheckMessages(stage, seed, poison);
        CheckCalls(stage, seed, callers.SelectMany(caller => caller.Outcomes).ToDictionary());
        Receivers(stage, "KILL");
        Assert.That(() => Footprint.Of(stage.Broker).Children, Is.Zero.After(20).Seconds.PollEvery(100).MilliSeconds, $"seed {seed}: children are left");
        Assert.That(
            () => Footprint.Of(stage.Broker).Descriptors, Is.EqualTo(before.Descriptors).Within(3).After(20).Seconds.PollEvery(100).MilliSeconds, $"seed {seed}: descriptors");
        Footprint after = Footprint.Of(stage.Broker);
        TestContext.Progress.WriteLine($"a bus that is new: {before}; after {seconds / 2} s of this: {after}");
        Assert.That(after.Memory, Is.LessThan(before.Memory + SpareMemory), $"seed {seed}: memory");
        Assert.That(stage.Statistic("BufferMessages"), Is.Zero);
        Assert.That(stage.Statistic("JournalMessages"), Is.EqualTo(SetAside(Waiting(stage))));
        Array.ForEach(callers, caller => caller.Dispose());
    }

    /// <returns>Messages that kill whoever gets them, posted so far.</returns>
    private static int Faults(DurableStage stage, Random chance, TimeSpan time, bool killsBus, int poison)
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
                case 5 when poison == 0:
                    stage.Post("poison", 1);
                    poison++;
                    break;
                default:
                    break;
            }
        }

        return poison;
    }

    private static void CheckMessages(DurableStage stage, int seed, int poison)
    {
        int setAside = SetAside(Waiting(stage));
        IReadOnlyList<(string Word, string Who, string Number)> log = stage.Log();
        int missing = 0;
        for (int i = 0; i < Senders; i++)
        {
            string who = $"s{i}";
            int[] got = [.. log.Where(line => line.Word == "got" && line.Who == who).Select(Number)];
            int[] accepted = [.. log.Where(line => line.Word == "accepted" && line.Who == who).Select(Number)];
            Assert.That(got.Distinct(), Is.Ordered, $"seed {seed}: {who} in order");
            missing += accepted.Except(got).Count();
            TestContext.Progress.WriteLine($"{who}: {accepted.Length} accepted, {got.Length} got, {got.Length - got.Distinct().Count()} of them again");
        }

        Assert.That(missing + poison, Is.LessThanOrEqualTo(setAside), $"seed {seed}: accepted, not delivered, not set aside");
        Assert.That(setAside, Is.LessThanOrEqualTo(poison + Senders), $"seed {seed}: of what did the others die");
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
        foreach ((string word, string pid, _) in stage.Log())
        {
            if (word == "pid" && ProcessFile.ReadAllText($"/proc/{pid}/cmdline").Contains(stage.In("log"), StringComparison.Ordinal))
            {
                using Process kill = Process.Start("kill", ["-s", signal, pid]);
                kill.WaitForExit();
            }
        }
    }

    /// <summary>What a process has of the host.</summary>
    /// <param name="Descriptors">Open ones.</param>
    /// <param name="Children">Processes.</param>
    /// <param name="Memory">Resident bytes.</param>
    private readonly record struct Footprint(int Descriptors, int Children, long Memory)
    {
        internal static Footprint Of(Process process) => new(
            Directory.GetFiles($"/proc/{process.Id}/fd").Length,
            Directory.GetDirectories($"/proc/{process.Id}/task").Sum(
                task => ProcessFile.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length),
            MemoryUse.Read(process.Id).RssBytes);
    }
}
