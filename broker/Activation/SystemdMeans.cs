using XcpBroker.Connections;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;
using XcpBroker.Routing;

namespace XcpBroker.Activation;

/// <summary>Asks systemd, which is or will be a peer of this bus, to start the unit of a descriptor (--systemd-activation).</summary>
/// <remarks>
/// As dbus-daemon: a unicast signal <c>org.freedesktop.systemd1.Activator.ActivationRequest(s unit)</c>, since a bus calls nobody; it
/// waits for systemd if need be. systemd says by <c>ActivationFailure(s unit, s error, s text)</c> that it could not; that it could is
/// seen when the name appears. What is said before systemd is there is said when it comes.
/// </remarks>
internal sealed class SystemdMeans(ConnectionTable connections, NameRegistry<Connection> names, BusMessages bus) : IStartMeans
{
    internal const string SystemdName = "org.freedesktop.systemd1";

    private const string ActivatorInterface = "org.freedesktop.systemd1.Activator";
    private const int LongestText = 1024;

    private readonly List<PendingStart> _unsaid = [];
    private Dictionary<string, string>? _unsaidVariables;

    public void Begin(PendingStart start)
    {
        MakeRequest(start);
        if (Systemd() is { } systemd)
        {
            bus.SendMessage(systemd);
            return;
        }

        // As dbus-daemon: monitors see it when the bus needs it, not when there is somebody to hear it.
        bus.ShowMessage();
        _unsaid.RemoveAll(unsaid => unsaid.IsOver);
        _unsaid.Add(start);
    }

    /// <summary>systemd has come.</summary>
    internal void SystemdAppeared(Connection systemd)
    {
        if (_unsaidVariables is { } variables)
        {
            // As with dbus-daemon, DESTINATION shows what has waited for the name and what was for the peer at once.
            TellVariables(systemd, variables, SystemdName);
            _unsaidVariables = null;
        }

        foreach (PendingStart start in _unsaid)
        {
            if (!start.IsOver)
            {
                MakeRequest(start);
                bus.SendShownMessage(systemd);
            }
        }

        _unsaid.Clear();
    }

    /// <summary>UpdateActivationEnvironment goes on to systemd, since it is the one that makes the processes.</summary>
    internal void UpdateEnvironment(IReadOnlyCollection<KeyValuePair<string, string>> variables)
    {
        if (Systemd() is { } systemd)
        {
            TellVariables(systemd, variables, systemd.UniqueNameText);
            return;
        }

        // Also none at all: as dbus-daemon, whose test of this sends an empty list.
        _unsaidVariables ??= new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (KeyValuePair<string, string> variable in variables)
        {
            _unsaidVariables[variable.Key] = variable.Value;
        }
    }

    /// <summary>Reads ActivationFailure, which counts from the owner of systemd's name only (CVE-2015-0245).</summary>
    internal bool TryReadFailure(in RoutedMessage signal, out string unit, out DBusError error)
    {
        unit = "";
        error = default;
        bool isFailure = signal.Interface.SequenceEqual("org.freedesktop.systemd1.Activator"u8)
            && signal.Member.SequenceEqual("ActivationFailure"u8)
            && signal.Signature.SequenceEqual("sss"u8)
            && signal.Sender == Systemd();
        if (!isFailure)
        {
            return false;
        }

        WireReader arguments = new(signal.Body, signal.Header.IsBigEndian);
        unit = StrictUtf8.Instance.GetString(arguments.ReadString());
        ReadOnlySpan<byte> name = arguments.ReadString();
        string errorName = MemberNames.IsValidErrorName(name) ? System.Text.Encoding.ASCII.GetString(name) : ErrorNames.Failed;
        string text = StrictUtf8.Instance.GetString(arguments.ReadString());
        error = new DBusError(errorName, text.Length <= LongestText ? text : $"{unit} could not be started.");
        return true;
    }

    private Connection? Systemd() => connections.OwnerOf("org.freedesktop.systemd1"u8, names);

    private void MakeRequest(PendingStart start) => bus.BeginMessage(new MessageFields
    {
        Type = MessageType.Signal,
        Flags = MessageFlags.NoReplyExpected,
        Path = "/org/freedesktop/DBus",
        Interface = ActivatorInterface,
        Member = "ActivationRequest",
        Destination = SystemdName,
        Signature = "s",
    }).WriteString(start.Descriptor!.SystemdUnit!);

    private void TellVariables(Connection systemd, IReadOnlyCollection<KeyValuePair<string, string>> variables, string destination)
    {
        WireWriter body = bus.BeginMessage(new MessageFields
        {
            Type = MessageType.MethodCall,
            Flags = MessageFlags.NoReplyExpected,
            Path = "/org/freedesktop/systemd1",
            Interface = "org.freedesktop.systemd1.Manager",
            Member = "SetEnvironment",
            Destination = destination,
            Signature = "as",
        });
        int array = body.BeginArray(4);
        foreach (KeyValuePair<string, string> variable in variables)
        {
            body.WriteString($"{variable.Key}={variable.Value}");
        }

        body.EndArray(array);
        bus.SendMessage(systemd);
    }
}
