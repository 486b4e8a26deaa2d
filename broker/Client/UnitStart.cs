using System.Text;
using XcpBroker.Interop;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;
using XcpBroker.Startup;

namespace XcpBroker.Client;

/// <summary>
/// The hidden mode of the binary that asks systemd, as a client of the system bus, to start a unit, and waits for the end of its job:
/// <c>--internal-start-unit UNIT ADDRESSES</c>. Exit status 0: the job is done; otherwise <see cref="StatusDescriptor"/> says why not.
/// </summary>
/// <remarks>
/// A process of its own, so that a system bus that hangs holds up nobody: who started it kills it when the start takes too long.
/// Source: org.freedesktop.systemd1(5), Manager.StartUnit and JobRemoved.
/// </remarks>
internal static unsafe class UnitStart
{
    internal const string Option = "--internal-start-unit";

    /// <summary>Where the name of an error, NUL and a text for people are written, in one write(2).</summary>
    internal const int StatusDescriptor = 3;

    /// <summary>Bytes of these.</summary>
    internal const int MaxStatus = 1024;

    private const string Systemd = "org.freedesktop.systemd1";
    private const string Manager = "org.freedesktop.systemd1.Manager";

    internal static int Run(ReadOnlySpan<string> words)
    {
        if (words is not [string unit, string addresses])
        {
            Descriptors.WriteError($"{Option} is for internal use");
            return 1;
        }

        DBusError error;
        try
        {
            using BusClient bus = ClientAddress.Connect(addresses);
            error = Start(bus, unit);
        }
        catch (StartException e)
        {
            error = new DBusError(ErrorNames.SpawnFailed, $"cannot ask systemd on the system bus to start {unit}: {e.Message}");
        }

        if (error.IsNone)
        {
            return 0;
        }

        Report(error);
        return 1;
    }

    /// <summary>Reads what <see cref="Run"/> reports.</summary>
    internal static DBusError? TryReadStatus(ReadOnlySpan<byte> status)
    {
        int end = status.IndexOf((byte)0);
        return end > 0 && MemberNames.IsValidErrorName(status[..end]) && StrictUtf8.IsValid(status[(end + 1)..])
            ? new DBusError(Encoding.ASCII.GetString(status[..end]), StrictUtf8.Instance.GetString(status[(end + 1)..]))
            : null;
    }

    private static DBusError Start(BusClient bus, string unit)
    {
        Dictionary<(string Sender, string Job), string> results = [];
        void Hear(ClientMessage message)
        {
            if (TryReadJobRemoved(message, out string removed, out string result))
            {
                results[(message.Sender, removed)] = result;
            }
        }

        // Before the call: a short job may be removed before its answer has come.
        _ = bus.Ask(BusClient.Bus("AddMatch") with { Signature = "s" }, static body => body.WriteString($"type='signal',sender='{Systemd}',interface='{Manager}',member='JobRemoved'"), Hear);

        // Without subscribers systemd says little; an error (we are one already) does not matter.
        _ = bus.Ask(Call("Subscribe"), null, Hear);
        ClientMessage answer = bus.Ask(
            Call("StartUnit") with { Signature = "ss" },
            body =>
            {
                body.WriteString(unit);
                body.WriteString("replace");
            },
            Hear);
        if (answer.Type != MessageType.MethodReturn)
        {
            return Refused(unit, answer);
        }

        if (answer.Signature != "o")
        {
            return new DBusError(ErrorNames.SpawnFailed, $"systemd's answer to the start of {unit} is none: its signature is \"{answer.Signature}\"");
        }

        WireReader arguments = answer.Arguments;
        string job = Encoding.ASCII.GetString(arguments.ReadString());
        string? end;

        // From whoever has answered: anybody may send us such a signal.
        while (!results.TryGetValue((answer.Sender, job), out end))
        {
            Hear(bus.Hear());
        }

        return Ended(unit, end);
    }

    private static MessageFields Call(string member) => new()
    {
        Type = MessageType.MethodCall,
        Destination = Systemd,
        Path = "/org/freedesktop/systemd1",
        Interface = Manager,
        Member = member,
    };

    private static bool TryReadJobRemoved(ClientMessage message, out string job, out string result)
    {
        (job, result) = ("", "");
        if (message.Type != MessageType.Signal || message.Member != "JobRemoved" || message.Interface != Manager || message.Signature != "uoss")
        {
            return false;
        }

        WireReader arguments = message.Arguments;
        _ = arguments.ReadUInt32();
        job = Encoding.ASCII.GetString(arguments.ReadString());
        _ = arguments.ReadString();
        result = StrictUtf8.Instance.GetString(arguments.ReadString());
        return true;
    }

    /// <summary>systemd's own errors pass as they are; what the system bus says would look as if our bus said it.</summary>
    private static DBusError Refused(string unit, ClientMessage answer) => answer.ErrorName switch
    {
        ErrorNames.AccessDenied or "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" =>
            new DBusError(ErrorNames.SpawnPermissionsInvalid, $"systemd does not let this bus start {unit}: {answer.FirstString}"),
        var name when name.StartsWith(Systemd, StringComparison.Ordinal) => new DBusError(name, answer.FirstString),
        var name => new DBusError(ErrorNames.SpawnFailed, $"systemd cannot be asked to start {unit}: {name}: {answer.FirstString}"),
    };

    /// <summary>In the words of systemctl(1).</summary>
    private static DBusError Ended(string unit, string result) => result switch
    {
        "done" => default,
        "timeout" => new DBusError(ErrorNames.TimedOut, $"The job for {unit} timed out."),
        "canceled" => new DBusError(ErrorNames.SpawnFailed, $"The job for {unit} was canceled."),
        "dependency" => new DBusError(ErrorNames.SpawnFailed, $"A dependency of {unit} failed to start."),
        "skipped" => new DBusError(ErrorNames.SpawnFailed, $"The start of {unit} was skipped: a condition of it is not met."),
        "failed" => new DBusError(ErrorNames.SpawnFailed, $"The job for {unit} failed: \"systemctl status {unit}\" has more."),
        _ => new DBusError(ErrorNames.SpawnFailed, $"The job for {unit} ended as \"{result}\"."),
    };

    private static void Report(DBusError error)
    {
        byte[] status = StrictUtf8.Instance.GetBytes($"{error.Name}\0{error.Message}");
        int length = status.Length;
        if (length > MaxStatus)
        {
            // Between characters.
            length = MaxStatus;
            while ((status[length] & 0xc0) == 0x80)
            {
                length--;
            }
        }

        fixed (byte* start = status)
        {
            _ = LibC.Write(StatusDescriptor, start, (nuint)length);
        }
    }
}
