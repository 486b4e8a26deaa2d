using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using XcpBroker.Fuzz.Corpus;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Protocol.Tests.MatchRules;

/// <summary>The rows of tests/vectors/matchrules.tsv and matchrules-matching.tsv.</summary>
internal static partial class MatchRuleVectors
{
    internal static IEnumerable<TestCaseData> Texts => Rows("matchrules.tsv").Select(row =>
        new TestCaseData(Unescape(row[0]), row[1] == "accepted", Unescape(row[2])).SetArgDisplayNames($"<{row[0]}>"));

    internal static IEnumerable<TestCaseData> Signals => Rows("matchrules-matching.tsv").Select(row =>
        new TestCaseData(Unescape(row[0]), new SignalVector(row), row[5] == "matches")
            .SetArgDisplayNames($"<{row[0]}>", $"{row[1]} {row[2]}.{row[3]}({row[4]})"));

    internal static string[][] Rows(string file) =>
        [.. File.ReadLines(Path.Combine(VectorFolder.Root, file)).Where(line => !line.StartsWith('#')).Select(line => line.Split('\t'))];

    internal static MatchRule Parse(string text) =>
        MatchRuleParser.TryParse(StrictUtf8.Instance.GetBytes(text), out MatchRule? rule, out string? error)
            ? rule!
            : throw new ArgumentException($"{text}: {error}", nameof(text));

    internal static string Unescape(string text) => Escape().Replace(text, match => match.Value[1] switch
    {
        't' => "\t",
        'n' => "\n",
        'r' => "\r",
        'u' => ((char)int.Parse(match.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString(),
        _ => "\\",
    });

    [GeneratedRegex(@"\\(u[0-9a-f]{4}|.)")]
    private static partial Regex Escape();
}

/// <summary>A signal of the second file.</summary>
internal sealed class SignalVector
{
    private readonly string[] _row;
    private readonly string _signature;
    private readonly byte[] _body;

    internal SignalVector(string[] row)
    {
        _row = row;
        StringBuilder signature = new();
        WireWriter body = new();
        foreach (string argument in MatchRuleVectors.Unescape(row[4]).Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            Write(body, signature, argument);
        }

        _signature = signature.ToString();
        _body = body.Written.ToArray();
    }

    internal MatchSubject Subject(bool isBigEndian) => new()
    {
        Type = Protocol.Messages.MessageType.Signal,
        Sender = ":1.1"u8,
        Path = Encoding.ASCII.GetBytes(_row[1]),
        Interface = Encoding.ASCII.GetBytes(_row[2]),
        Member = Encoding.ASCII.GetBytes(_row[3]),
        Body = isBigEndian ? Support.OrderSwap.Body(_body, _signature) : _body,
        Signature = Encoding.ASCII.GetBytes(_signature),
        IsBigEndian = isBigEndian,
    };

    private static void Write(WireWriter body, StringBuilder signature, string argument)
    {
        string type = argument[0] is 's' or 'o' or 'g' ? argument[..1] : argument;
        signature.Append(type);
        switch (type)
        {
            case "s" or "o":
                body.WriteString(argument[1..]);
                break;
            case "g":
                body.WriteSignature(argument[1..]);
                break;
            case "u":
                body.WriteUInt32(7);
                break;
            case "y":
                body.WriteByte(7);
                break;
            case "d" or "x":
                body.WriteInt64(7);
                break;
            case "v":
                body.WriteVariantUInt32(7);
                break;
            case "as":
                int strings = body.BeginArray(4);
                body.WriteString("q");
                body.EndArray(strings);
                break;
            case "a{sv}":
                body.EndArray(body.BeginArray(8));
                break;
            default:
                body.BeginStruct();
                body.WriteUInt32(7);
                body.WriteString("q");
                break;
        }
    }
}
