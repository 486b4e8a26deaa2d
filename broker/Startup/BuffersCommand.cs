using System.CommandLine;
using System.Globalization;
using System.Text;
using XcpBroker.Client;
using XcpBroker.Driver;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using static XcpBroker.Startup.CommandLineWords;

namespace XcpBroker.Startup;

/// <summary><c>xcp-broker buffers list|show NAME|purge NAME|retry NAME</c>: messages that wait for absent peers, asked of a running bus.</summary>
internal sealed class BuffersCommand
{
    private const int HexBytes = 32;

    private readonly Option<string[]> _address = Value("--address", "ADDRESS", "The bus (the default one of this user).");
    private readonly Option<bool> _setAside = new("--set-aside") { Description = "Durable messages that are not tried again, in place of those that wait." };
    private readonly Argument<string[]> _name = new("NAME") { Description = "The name that the messages are for.", Arity = ArgumentArity.ZeroOrMore };
    private readonly Command _list = new("list", "List the names that messages can wait for, and what does.");
    private readonly Command _show = new("show", "Show the messages that wait for a name.");
    private readonly Command _purge = new("purge", "Drop the messages that wait for a name; callers get an error.");

    private readonly Command _retry = new("retry", "Try the durable messages to a name again that were set aside.");

    internal BuffersCommand()
    {
        Command = new Command("buffers", "Look at messages that wait for absent peers.") { _list, _show, _purge, _retry };
        foreach (Command command in Command.Subcommands)
        {
            command.Options.Add(_address);
        }

        _show.Arguments.Add(_name);
        _purge.Arguments.Add(_name);
        _retry.Arguments.Add(_name);
        _show.Options.Add(_setAside);
        _purge.Options.Add(_setAside);
    }

    internal Command Command { get; }

    /// <summary>What one of the four does; null: it is none of them.</summary>
    /// <exception cref="StartException">The words are wrong.</exception>
    internal Func<int>? Find(ParseResult result, string? runtimeDirectory)
    {
        Command command = result.CommandResult.Command;
        return command == _list ? () => List(Connect(result, runtimeDirectory))
            : command == _show ? () => Show(Connect(result, runtimeDirectory), result.GetValue(_setAside) ? "PeekSetAside" : "PeekBuffer", Name(result))
            : command == _purge ? () => Count(Connect(result, runtimeDirectory), result.GetValue(_setAside) ? "PurgeSetAside" : "PurgeBuffer", Name(result), "dropped")
            : command == _retry ? () => Count(Connect(result, runtimeDirectory), "RetrySetAside", Name(result), "are tried again")
            : null;
    }

    private static int List(BusClient bus)
    {
        using (bus)
        {
            WireReader reply = bus.Call(Broker("ListBuffers", null)).Arguments;
            StringBuilder text = new();
            int end = reply.ReadArrayStart(8);
            while (reply.MoreUntil(end))
            {
                reply.AlignStruct();
                string name = Text(reply.ReadString());
                uint messages = reply.ReadUInt32();
                ulong bytes = reply.ReadUInt64();
                ulong age = reply.ReadUInt64();
                bool isOwned = reply.ReadBoolean();
                string why = Text(reply.ReadString());
                uint setAside = reply.ReadUInt32();
                string aside = setAside == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"; {setAside} set aside");
                Line(text, $"{name}: {messages} messages, {bytes} bytes, the oldest {Seconds(age)}; {(isOwned ? "owned" : why)}{aside}");
            }

            Descriptors.Write(Descriptors.StandardOutput, text.ToString());
            return 0;
        }
    }

    private static int Show(BusClient bus, string method, string name)
    {
        using (bus)
        {
            WireReader reply = bus.Call(Broker(method, "s"), body => body.WriteString(name)).Arguments;
            StringBuilder text = new();
            int end = reply.ReadArrayStart(8);
            while (reply.MoreUntil(end))
            {
                reply.AlignStruct();
                MessageType type = (MessageType)reply.ReadByte();
                MessageFlags flags = (MessageFlags)reply.ReadByte();
                uint serial = reply.ReadUInt32();
                string sender = Text(reply.ReadString());
                string path = Text(reply.ReadString());
                string member = $"{Text(reply.ReadString())}.{Text(reply.ReadString())}".TrimStart('.');
                string signature = Text(reply.ReadString());
                ulong age = reply.ReadUInt64();
                ulong size = reply.ReadUInt64();
                ReadOnlySpan<byte> body = reply.ReadByteArray();
                string kind = type == MessageType.Signal ? "signal" : (flags & MessageFlags.NoReplyExpected) == 0 ? "call" : "call without reply";
                string hex = Convert.ToHexStringLower(body[..Math.Min(body.Length, HexBytes)]);
                Line(text, $"{Seconds(age)} {kind} {serial} of {sender}: {path} {member}({signature}), {size} bytes: {hex}{(body.Length > HexBytes ? "..." : "")}");
            }

            Descriptors.Write(Descriptors.StandardOutput, text.ToString());
            return 0;
        }
    }

    private static int Count(BusClient bus, string method, string name, string what)
    {
        using (bus)
        {
            WireReader reply = bus.Call(Broker(method, "s"), body => body.WriteString(name)).Arguments;
            Descriptors.Write(Descriptors.StandardOutput, string.Create(CultureInfo.InvariantCulture, $"{reply.ReadUInt32()} messages {what}\n"));
            return 0;
        }
    }

    private static MessageFields Broker(string member, string? signature) => new()
    {
        Type = MessageType.MethodCall,
        Destination = "org.freedesktop.DBus",
        Path = BrokerMethods.Path,
        Interface = BrokerMethods.Interface,
        Member = member,
        Signature = signature,
    };

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Text(ReadOnlySpan<byte> utf8) => StrictUtf8.Instance.GetString(utf8);

    private static string Seconds(ulong milliseconds) => string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000.0:0.0} s");

    private string Name(ParseResult result) => result.GetValue(_name) switch
    {
        [string name] => name,
        null or [] => throw new StartException($"expected a name after '{result.CommandResult.Command.Name}'"),
        [_, string second, ..] => throw new StartException($"unexpected argument '{second}'"),
    };

    private BusClient Connect(ParseResult result, string? runtimeDirectory)
    {
        RefuseUnknown(result);
        if (Single(result, _address) is not { } text)
        {
            return BusClient.Connect(DefaultAddress.Choose(Environment.IsPrivilegedProcess, runtimeDirectory));
        }

        return ClientAddress.Connect(text);
    }
}
