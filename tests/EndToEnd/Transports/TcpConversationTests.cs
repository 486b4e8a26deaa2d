using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Transports;

/// <summary>Authentication on TCP with all three mechanisms and without allow_anonymous: the same words to our broker and to dbus-daemon.</summary>
[TestFixture("xcp-broker")]
[TestFixture("dbus-daemon")]
internal sealed class TcpConversationTests(string broker)
{
    private const string All = "REJECTED EXTERNAL DBUS_COOKIE_SHA1 ANONYMOUS";
    private const string NoDescriptors = "ERROR \"Unix FD passing not supported, not authenticated or otherwise not possible\"";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Shell _shell = new();
    private int _port;

    [OneTimeSetUp]
    public void Start_the_broker()
    {
        File.WriteAllText(_shell.In("bus.conf"), """
            <busconfig>
              <type>session</type>
              <listen>tcp:host=127.0.0.1,port=0</listen>
              <auth>ANONYMOUS</auth><auth>EXTERNAL</auth><auth>DBUS_COOKIE_SHA1</auth>
              <policy context="default"><allow send_destination="*"/><allow own="*"/></policy>
            </busconfig>
            """);
        string program = broker == "xcp-broker" ? "$B" : broker;
        Process process = _shell.Start($"HOME=$D exec {program} --config-file=bus.conf --nofork --print-address 2>log");
        string address = Shell.ReadLine(process.StandardOutput);
        _port = int.Parse(address.Split("port=")[1].Split(',')[0], CultureInfo.InvariantCulture);
    }

    [OneTimeTearDown]
    public void Stop_the_broker() => _shell.Dispose();

    [TestCase("AUTH", All)]
    [TestCase("AUTH EXTERNAL ${uid}", All)]
    [TestCase("AUTH ANONYMOUS 6162", "OK GUID")]
    [TestCase("AUTH ANONYMOUS ff", All)]
    [TestCase("AUTH ANONYMOUS 61|NEGOTIATE_UNIX_FD", $"OK GUID|{NoDescriptors}")]
    [TestCase("AUTH ANONYMOUS 61|BEGIN", "OK GUID|closed")]
    [TestCase("AUTH DBUS_COOKIE_SHA1 ${uid}", "DATA org_freedesktop_general ID CHALLENGE")]
    [TestCase("AUTH DBUS_COOKIE_SHA1 ${name}", "DATA org_freedesktop_general ID CHALLENGE")]
    [TestCase("AUTH DBUS_COOKIE_SHA1 3132333435", All)] // 12345
    [TestCase("AUTH DBUS_COOKIE_SHA1 6e6f626f6479", All)] // nobody
    [TestCase("AUTH DBUS_COOKIE_SHA1 ${uid}|CANCEL", $"DATA org_freedesktop_general ID CHALLENGE|{All}")]
    [TestCase("AUTH DBUS_COOKIE_SHA1 ${uid}|DATA", $"DATA org_freedesktop_general ID CHALLENGE|{All}")]
    [TestCase("AUTH DBUS_COOKIE_SHA1 ${uid}|DATA 61", $"DATA org_freedesktop_general ID CHALLENGE|{All}")]
    [TestCase("AUTH DBUS_COOKIE_SHA1 ${uid}|DATA ${wrong}", $"DATA org_freedesktop_general ID CHALLENGE|{All}")]
    [TestCase("AUTH DBUS_COOKIE_SHA1 ${uid}|DATA ${proof}", "DATA org_freedesktop_general ID CHALLENGE|OK GUID")]
    [TestCase("AUTH DBUS_COOKIE_SHA1 ${uid}|DATA ${proof}|NEGOTIATE_UNIX_FD", $"DATA org_freedesktop_general ID CHALLENGE|OK GUID|{NoDescriptors}")]
    [TestCase("BEGIN", "closed")]
    public void Both_answer_the_same(string said, string heard) => Assert.That(Talk(said), Is.EqualTo(heard));

    /// <remarks>Ours is RFC 4422's: an empty challenge asks for the response that is missing. sd-bus counts on it.</remarks>
    [TestCase("AUTH ANONYMOUS", "DATA", "OK GUID")]
    [TestCase("AUTH ANONYMOUS|DATA", "DATA|OK GUID", "OK GUID|ERROR \"Sent DATA while expecting BEGIN\"")]
    [TestCase("AUTH DBUS_COOKIE_SHA1", "DATA", All)]
    [TestCase("AUTH DBUS_COOKIE_SHA1|DATA", $"DATA|{All}", $"{All}|ERROR \"Not currently in an auth conversation\"")]
    [TestCase("AUTH DBUS_COOKIE_SHA1|DATA ${uid}", "DATA|DATA org_freedesktop_general ID CHALLENGE", $"{All}|ERROR \"Not currently in an auth conversation\"")]
    public void AUTH_without_a_response_is_where_they_differ(string said, string ours, string dbusDaemons) =>
        Assert.That(Talk(said), Is.EqualTo(broker == "xcp-broker" ? ours : dbusDaemons));

    [Test]
    public void EXTERNAL_without_a_claim_is_where_they_differ() =>
        Assert.That(Talk("AUTH EXTERNAL|DATA"), Is.EqualTo(broker == "xcp-broker" ? $"DATA|{All}" : "DATA|OK GUID"));

    [Test]
    public void A_number_that_is_not_plain_is_where_they_differ() => Assert.That(
        Talk("AUTH DBUS_COOKIE_SHA1 2b30"), // +0
        Is.EqualTo(broker == "xcp-broker" || _shell.Run("id -u").Output.Trim() != "0" ? All : "DATA org_freedesktop_general ID CHALLENGE"));

    /// <summary>Says lines, separated by '|', and tells what comes back, in the same form.</summary>
    private string Talk(string said)
    {
        using TcpClient client = new("127.0.0.1", _port) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        NetworkStream stream = client.GetStream();
        using StreamReader reader = new(stream, Encoding.ASCII);
        stream.WriteByte(0);
        List<string> heard = [];
        string challenge = "";
        foreach (string line in said.Split('|'))
        {
            stream.Write(Encoding.ASCII.GetBytes(Expand(line, challenge) + "\r\n"));
            string answer = ReadLine(reader);
            challenge = answer.StartsWith("DATA ", StringComparison.Ordinal) ? Encoding.ASCII.GetString(Convert.FromHexString(answer[5..])) : challenge;
            heard.Add(Normalise(answer, challenge));
        }

        return string.Join('|', heard);
    }

    private static string ReadLine(StreamReader reader)
    {
        try
        {
            return reader.ReadLine() ?? "closed";
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return "closed";
        }
    }

    private static string Normalise(string answer, string challenge)
    {
        string[] words = challenge.Split(' ');
        return answer.StartsWith("OK ", StringComparison.Ordinal) && answer.Length == "OK ".Length + 32 ? "OK GUID"
            : answer.StartsWith("DATA ", StringComparison.Ordinal) && words is [string context, string id, { Length: 32 }] && int.TryParse(id, out _)
                ? $"DATA {context} ID CHALLENGE"
            : answer;
    }

    private string Expand(string line, string challenge) => line
        .Replace("${uid}", Hex(_shell.Run("id -u").Output.Trim()), StringComparison.Ordinal)
        .Replace("${name}", Hex(_shell.Run("id -un").Output.Trim()), StringComparison.Ordinal)
        .Replace("${wrong}", Hex($"client {new string('0', 40)}"), StringComparison.Ordinal)
        .Replace("${proof}", challenge.Length == 0 ? "" : Hex($"client {Proof(challenge.Split(' '))}"), StringComparison.Ordinal);

    /// <summary>As the specification says, from the file that the broker has written.</summary>
    private string Proof(string[] challenge)
    {
        string secret = File.ReadLines(_shell.In($".dbus-keyrings/{challenge[0]}")).Select(line => line.Split(' ')).Single(words => words[0] == challenge[1])[2];
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.ASCII.GetBytes($"{challenge[2]}:client:{secret}")));
    }

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));
}
