using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace XcpBroker.Fuzz.Corpus;

/// <summary>A conversation of tests/vectors/sasl; the format is described in the README there.</summary>
internal sealed partial record SaslVector
{
    internal required string Name { get; init; }

    internal uint? UserId { get; init; } = 0;

    internal bool CanPassFds { get; init; } = true;

    /// <summary>What the client says, and what it is told before it goes on ({guid} stands for the guid).</summary>
    internal required IReadOnlyList<(byte[] Said, string Heard)> Steps { get; init; }

    /// <summary>Bytes that are not the conversation's.</summary>
    internal byte[] Rest { get; init; } = [];

    /// <summary>Words behind the equals sign.</summary>
    internal required string Outcome { get; init; }

    internal byte[] Said => [.. Steps.SelectMany(step => step.Said)];

    internal string Heard => string.Concat(Steps.Select(step => step.Heard));

    public override string ToString() => Name;

    internal static SaslVector Read(string file)
    {
        string[] lines = [.. File.ReadLines(file).Where(line => !line.StartsWith('#'))];
        return new SaslVector
        {
            Name = Path.GetFileNameWithoutExtension(file),
            UserId = lines.FirstOrDefault(line => line.StartsWith("uid ", StringComparison.Ordinal)) switch
            {
                null => 0,
                "uid none" => null,
                string line => uint.Parse(line["uid ".Length..], CultureInfo.InvariantCulture),
            },
            CanPassFds = !lines.Contains("fds no"),
            Steps = [.. ReadSteps(lines)],
            Rest = Bytes(lines.FirstOrDefault(line => line.StartsWith("| ", StringComparison.Ordinal))?[2..] ?? ""),
            Outcome = lines[^1]["= ".Length..],
        };
    }

    private static IEnumerable<(byte[] Said, string Heard)> ReadSteps(string[] lines)
    {
        List<byte> said = [];
        string heard = "";
        foreach (string line in lines)
        {
            if (line.StartsWith('>'))
            {
                if (heard.Length > 0)
                {
                    yield return ([.. said], heard);
                    said.Clear();
                    heard = "";
                }

                said.AddRange(line.StartsWith(">!", StringComparison.Ordinal) ? Bytes(line[3..]) : Bytes(line[2..] + @"\r\n"));
            }
            else if (line.StartsWith('<'))
            {
                heard += line[2..] + "\r\n";
            }
        }

        yield return ([.. said], heard);
    }

    private static byte[] Bytes(string text)
    {
        string repeated = Repeat().Replace(
            text, match => string.Concat(Enumerable.Repeat(match.Groups[1].Value, int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture))));
        return Encoding.Latin1.GetBytes(Escape().Replace(repeated, match => match.Value[1] switch
        {
            '0' => "\0",
            'r' => "\r",
            'n' => "\n",
            't' => "\t",
            _ => ((char)int.Parse(match.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
        }));
    }

    [GeneratedRegex(@"\{([^*}]+)\*([0-9]+)\}")]
    private static partial Regex Repeat();

    [GeneratedRegex(@"\\(x[0-9a-f]{2}|[0rnt])")]
    private static partial Regex Escape();
}
