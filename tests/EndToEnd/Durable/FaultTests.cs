using System.Diagnostics;
using System.Globalization;

namespace XcpBroker.EndToEnd.Durable;

/// <summary>Everything dies at random, and nothing that was accepted is lost. XCP_FAULT_SECONDS and XCP_FAULT_SEED make it longer, or the same again.</summary>
internal sealed class FaultTests
{
    private const int Senders = 3;
    private const int MessagesPerSecond = 40;

    private static readonly TimeSpan UntilQuiet = TimeSpan.FromSeconds(90);

    [Test]
    public void Accepted_messages_arrive_in_order_whatever_dies()
    {
        int seconds = Setting("XCP_FAULT_SECONDS", 20);
        int seed = Setting("XCP_FAULT_SEED", Random.Shared.Next(1 << 16));
        TestContext.Progress.WriteLine($"faults for {seconds} s with seed {seed}");
        Random chance = new(seed);
        using DurableStage stage = new($"Exec={{RECEIVER}} {seed}", "X-XCP-MaxDeliveries=5");
        Assert.That(() => Descriptors(stage.Broker), Is.GreaterThan(0));
        int descriptors = Descriptors(stage.Broker);
        Process[] senders = [.. Enumerable.Range(0, Senders).Select(i => stage.Send($"s{i}", seconds * MessagesPerSecond))];
        int poison = 0;
        long begin = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(seconds))
        {
            Pass(chance.Next(100, 800));
            switch (chance.Next(8))
            {
                case 0 or 1:
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

        Receivers(stage, "CONT");
        foreach (Process sender in senders)
        {
            Assert.That(sender.WaitForExit(UntilQuiet), Is.True, $"seed {seed}: a sender hangs");
        }

        Assert.That(() => Waiting(stage), Does.Contain(": 0 messages").After((int)UntilQuiet.TotalSeconds).Seconds.PollEvery(200).MilliSeconds, $"seed {seed}");
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
        Receivers(stage, "KILL");
        Assert.That(() => Children(stage.Broker), Is.Zero.After(20).Seconds.PollEvery(100).MilliSeconds, $"seed {seed}: children are left");
        Assert.That(() => Descriptors(stage.Broker), Is.EqualTo(descriptors).Within(3).After(20).Seconds.PollEvery(100).MilliSeconds, $"seed {seed}: descriptors");
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
            string command = $"/proc/{pid}/cmdline";
            if (word == "pid" && File.Exists(command) && File.ReadAllText(command).Contains(stage.In("log"), StringComparison.Ordinal))
            {
                using Process kill = Process.Start("kill", ["-s", signal, pid]);
                kill.WaitForExit();
            }
        }
    }

    private static int Descriptors(Process process) => Directory.GetFiles($"/proc/{process.Id}/fd").Length;

    private static int Children(Process process) =>
        Directory.GetDirectories($"/proc/{process.Id}/task").Sum(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
}
