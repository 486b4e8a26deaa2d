using System.Globalization;
using System.Text;
using XcpBroker.Auth.Sasl;
using XcpBroker.Forwarding;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Client;

/// <summary>Goes the way of a client to a bus, step by step, and says where it ends.</summary>
/// <param name="clock">For the round trip.</param>
/// <param name="say">Gets a line for each step that has been taken.</param>
internal sealed class Doctor(TimeProvider clock, Action<string> say)
{
    private const int Rounds = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>All steps.</summary>
    /// <param name="chosen">Where the bus should be, and how this side proves who it is.</param>
    /// <exception cref="StartException">A step failed; the text says which, and what is wrong.</exception>
    internal void Examine(BusChoice chosen)
    {
        IReadOnlyList<SocketName> names = Step("resolve", chosen.Resolve);
        say($"resolve       {string.Join(", ", names.Select(name => name.ToString()))}");
        using BusClient bus = Step("connect", () => BusClient.Open(chosen.Address, chosen.Transport, names, Patience));
        say("connect       the machine answers, and something listens there");
        SaslClientMechanism mechanism = chosen.NewMechanism();
        string guid = Step("authenticate", () => bus.Authenticate(mechanism));
        say($"authenticate  accepted by {mechanism.Name}; the bus's address has the GUID {guid}");
        string name = Step("hello", bus.Hello);
        say($"hello         the bus calls this connection {name}");
        say($"identity      {Step("identity", () => Identity(bus, name))}");
        TimeSpan round = Step("ping", () => Ping(bus));
        say(string.Create(CultureInfo.InvariantCulture, $"ping          {round.TotalMilliseconds:0.00} ms there and back, the best of {Rounds}"));
    }

    private static T Step<T>(string name, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (StartException e)
        {
            throw new StartException($"{name}: {e.Message}{Advice(name, e.Message)}");
        }
    }

    /// <summary>What to look at first.</summary>
    private static string Advice(string step, string problem) => step switch
    {
        "connect" when problem.Contains("refused", StringComparison.Ordinal) => " (the machine is there, but nobody listens: is the bus running, with this address?)",
        "connect" when problem.Contains("No such file", StringComparison.Ordinal) => " (is the bus, or the forwarder, running?)",
        "connect" when problem.Contains("Permission denied", StringComparison.Ordinal) => " (the socket is not for this user: its group, or --allow-uid)",
        "connect" when problem.Contains("reset", StringComparison.Ordinal) => " (the machine is there, but nobody listens: is the bus running, with this address?)",
        "connect" => " (is the other machine up, and does a firewall let this port through?)",
        "authenticate" when problem.Contains("REJECTED", StringComparison.Ordinal) || problem.Contains("rejects", StringComparison.Ordinal) =>
            " (the bus does not know this domain or user, or the secret is another one: <domain> and token file on both sides)",
        "hello" => " (the bus knows who this is and does not want it: <policy>)",
        _ => "",
    };

    private static string Identity(BusClient bus, string name)
    {
        ClientMessage reply = bus.Call(BusClient.Bus("GetConnectionCredentials") with { Signature = "s" }, body => body.WriteString(name));
        WireReader reader = reply.Arguments;
        List<string> found = [];
        int end = reader.ReadArrayStart(8);
        while (reader.MoreUntil(end))
        {
            reader.AlignStruct();
            string key = Text(reader.ReadString());
            string signature = Text(reader.ReadSignature());
            string? value = signature switch
            {
                "u" => reader.ReadUInt32().ToString(CultureInfo.InvariantCulture),
                "s" => Text(reader.ReadString()),
                "ay" => Encoding.Latin1.GetString(reader.ReadByteArray()).TrimEnd('\0'),
                "au" => ReadNumbers(ref reader),
                _ => null,
            };
            if (value is null)
            {
                break; // what comes behind it cannot be found
            }

            found.Add($"{key}={value}");
        }

        return found.Count == 0 ? "the bus says nothing of it" : string.Join(", ", found);
    }

    private static string ReadNumbers(ref WireReader reader)
    {
        List<uint> numbers = [];
        int end = reader.ReadArrayStart(4);
        while (reader.MoreUntil(end))
        {
            numbers.Add(reader.ReadUInt32());
        }

        return string.Join(' ', numbers);
    }

    private static string Text(ReadOnlySpan<byte> utf8) => StrictUtf8.Instance.GetString(utf8);

    private TimeSpan Ping(BusClient bus)
    {
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = clock.GetTimestamp();
            _ = bus.Call(BusClient.Bus("Ping") with { Interface = "org.freedesktop.DBus.Peer" });
            TimeSpan round = clock.GetElapsedTime(before);
            best = round < best ? round : best;
        }

        return best;
    }
}
