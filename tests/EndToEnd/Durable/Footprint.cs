using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Durable;

/// <summary>What a broker has of its host when nothing happens.</summary>
/// <param name="Descriptors">What each open one is, in order: a path, or a kind with the number of the object behind it.</param>
/// <param name="Children">Its processes.</param>
/// <param name="Memory">Bytes that are its own: resident or swapped, and not of a file.</param>
internal sealed partial record Footprint(IReadOnlyList<string> Descriptors, int Children, long Memory)
{
    /// <summary>More than a broker waits for before it gives memory back in a quiet second (broker/Loop/IdleCollection).</summary>
    private const int Visitors = 200;

    private static readonly TimeSpan UntilSteady = TimeSpan.FromSeconds(4);

    /// <summary>Reads /proc.</summary>
    internal static Footprint Of(Process process) => new(
        [.. Directory.GetFiles($"/proc/{process.Id}/fd").Select(What).OfType<string>().Order(StringComparer.Ordinal)],
        Directory.GetDirectories($"/proc/{process.Id}/task").Sum(
            task => ProcessFile.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length),
        File.ReadLines($"/proc/{process.Id}/smaps_rollup").Sum(Own));

    /// <summary>Has so many peers come and go that the broker gives memory back as soon as it is quiet.</summary>
    internal static void Visit(string address)
    {
        for (int i = 0; i < Visitors; i++)
        {
            RawPeer.Connect(address).Dispose();
        }
    }

    /// <summary>Waits until memory has not become less for some seconds.</summary>
    internal static Footprint OfQuiet(Process process)
    {
        Footprint least = Of(process);
        long since = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(since) < UntilSteady)
        {
            using ManualResetEventSlim never = new();
            never.Wait(200);
            Footprint now = Of(process);
            if (now.Memory < least.Memory)
            {
                least = now;
                since = TimeProvider.System.GetTimestamp();
            }
        }

        return least;
    }

    public override string ToString() => $"{Descriptors.Count} descriptors, {Children} children, {Memory / 1024.0 / 1024.0:F1} MiB";

    /// <summary>The journal goes on in another file from time to time.</summary>
    [GeneratedRegex("[0-9a-f]{16}[.]journal( [(]deleted[)])?$")]
    private static partial Regex Segment { get; }

    private static string? What(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget is { } target ? Segment.Replace(target, "*.journal") : null;
        }
        catch (IOException)
        {
            // Closed since the directory was read.
            return null;
        }
    }

    private static long Own(string line) => line.StartsWith("Anonymous:", StringComparison.Ordinal) || line.StartsWith("Swap:", StringComparison.Ordinal)
        ? 1024 * long.Parse(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture)
        : 0;
}
