using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>For whoever changes conversations: writes what brokers say now into the files, to be read before it is committed.</summary>
/// <remarks>Expected is what ours does (or XCP_E2E_TARGET); what another does differently keeps its reason, or gets "unexplained".
/// The tests of the same run still compare with what was written before.</remarks>
[SetUpFixture]
internal sealed class RewriteVectors
{
    /// <summary>UPDATE_VECTORS=all, or the name of one file.</summary>
    [OneTimeSetUp]
    public void Write_what_is_heard()
    {
        string? which = Environment.GetEnvironmentVariable("UPDATE_VECTORS");
        foreach (string path in which is null ? [] : Directory.GetFiles(ConversationFile.Directory, "*.conv"))
        {
            if (which == "all" || Path.GetFileNameWithoutExtension(path) == which)
            {
                Rewrite(path);
            }
        }
    }

    private static void Rewrite(string path)
    {
        Dictionary<int, List<string>> heard = [];
        foreach (Conversation conversation in ConversationFile.Read(path))
        {
            string[] brokers = [.. conversation.Brokers];
            Dictionary<string, List<string>> transcripts =
                brokers.ToDictionary(broker => broker, broker => Play(conversation, broker, "little"));
            foreach (string broker in brokers)
            {
                List<string> big = Play(conversation, broker, "big");
                transcripts[$"{broker}/big"] = big.SequenceEqual(transcripts[broker]) ? transcripts[broker] : big;
            }

            for (int i = 0; i < conversation.Steps.Count; i++)
            {
                heard[conversation.Steps[i].LineNumber] = Describe(conversation.Steps[i], i, transcripts);
            }
        }

        File.WriteAllLines(path, Merge(File.ReadAllLines(path), heard));
    }

    private static List<string> Describe(Step step, int index, Dictionary<string, List<string>> transcripts)
    {
        List<string> lines = [];
        string expected = transcripts[transcripts.ContainsKey(TestBroker.Target) ? TestBroker.Target : "dbus-daemon"][index];
        Add(lines, expected);
        string Usual(string name) => name.Contains('/', StringComparison.Ordinal) ? transcripts[name[..^4]][index] : expected;
        foreach (IGrouping<string, string> group in transcripts.Keys
            .Where(name => transcripts[name][index] != Usual(name))
            .GroupBy(name => $"{Reason(step, name)}\n{transcripts[name][index]}"))
        {
            string[] parts = group.Key.Split('\n', 2);
            lines.Add($"~ {string.Join(' ', group)}: {parts[0]}");
            Add(lines, parts[1]);
        }

        return lines;
    }

    private static string Reason(Step step, string name) =>
        step.For(name.Split('/')[0], name.Contains('/', StringComparison.Ordinal) ? "big" : "little")?.Difference ?? "unexplained";

    private static void Add(List<string> lines, string heard) => lines.AddRange(heard.Split('\n', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>What is heard in each step; a broker that fails in one is noted there and hears nothing more.</summary>
    private static List<string> Play(Conversation conversation, string broker, string order)
    {
        List<string> heard = [];
        using BrokerProcess process = conversation.Start(broker);
        using Stage stage = new(process, conversation, isBigEndian: order == "big");
        foreach (Step step in conversation.Steps)
        {
            string said;
            try
            {
                said = string.Join('\n', stage.Play(step));
            }
            catch (Exception failure) when (failure is TimeoutException or InvalidOperationException or InvalidDataException)
            {
                TestContext.Progress.WriteLine($"{conversation}:{step.LineNumber} {broker}: {failure.Message}");
                said = "A< failed";
            }

            heard.Add(said);
        }

        return heard;
    }

    private static IEnumerable<string> Merge(string[] lines, Dictionary<int, List<string>> heard)
    {
        List<string>? pending = null;
        for (int i = 0; i < lines.Length; i++)
        {
            bool isAction = lines[i] is [>= 'A' and <= 'Z', '>', ..];
            bool isHeard = lines[i] is [>= 'A' and <= 'Z', '<', ..] or ['~', ..];
            if (pending is not null && !isHeard && (!isAction || heard.ContainsKey(i + 1)))
            {
                foreach (string line in pending)
                {
                    yield return line;
                }

                pending = null;
            }

            pending = heard.GetValueOrDefault(i + 1, pending!);
            if (!isHeard)
            {
                yield return lines[i];
            }
        }

        foreach (string line in pending ?? [])
        {
            yield return line;
        }
    }
}
