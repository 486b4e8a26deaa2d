using XcpBroker.Activation;
using XcpBroker.Config.Services;
using XcpBroker.Interop;
using XcpBroker.Protocol;
using XcpBroker.Xenstore;

namespace XcpBroker.Spawning.Helper;

/// <summary>The root helper's side of the socket: reads requests, starts what descriptors say, answers.</summary>
/// <remarks>
/// Whatever is not a request in its one form ends the helper: there is nobody but the bus who could have sent it, and a bus that sends
/// such things is no longer ours.
/// </remarks>
internal sealed class HelperServer : IDisposable
{
    /// <summary>More processes at a time are refused; above max_pending_service_starts plus a host's services.</summary>
    internal const int MaxProcesses = 4096;

    /// <summary>More declared domains than a host can have; a bus that wants more is no longer ours.</summary>
    internal const int MaxDomains = 8192;

    private readonly ChildHost _host;
    private readonly HelperOptions _options;
    private readonly IDescriptorReader _descriptors;
    private readonly Dictionary<uint, ChildStart> _starts = [];
    private readonly Dictionary<HelperRequestKind, Func<HelperRequest, bool>> _table;
    private readonly XenstoreThread _domains;
    private readonly HashSet<string> _watched = new(StringComparer.Ordinal);
    private readonly DescriptorWatch _socket;

    /// <param name="host">Makes and watches the processes.</param>
    /// <param name="socket">The helper's end; owned.</param>
    /// <param name="options">As at its start.</param>
    /// <param name="descriptors">Finds out what a service is.</param>
    internal HelperServer(ChildHost host, int socket, HelperOptions options, IDescriptorReader descriptors)
    {
        _host = host;
        _options = options;
        _descriptors = descriptors;
        _table = new Dictionary<HelperRequestKind, Func<HelperRequest, bool>>
        {
            [HelperRequestKind.Start] = Start,
            [HelperRequestKind.StartUnit] = Start,
            [HelperRequestKind.StartDomain] = Start,
            [HelperRequestKind.Kill] = Kill,
            [HelperRequestKind.WatchDomain] = WatchDomain,
            [HelperRequestKind.ForgetDomain] = ForgetDomain,
            [HelperRequestKind.ConfirmDomain] = ConfirmDomain,
        };
        _domains = new XenstoreThread(options.XenstorePath, host.Loop.Clock, new EventsOnLoop(host.Loop, new HelperDomainEvents(answer => Answer(answer, null))));
        _socket = DescriptorWatch.Create(host.Loop, socket, OnReadable) ?? throw new InvalidOperationException("the socket cannot be watched");
    }

    private void OnReadable()
    {
        Span<byte> packet = stackalloc byte[HelperRequest.MaxSize];
        int length = PacketSocket.Receive(_socket.Descriptor, packet, out int descriptor);
        if (length == PacketSocket.Later)
        {
            return;
        }

        bool isRequest = length > 0
            && descriptor == PacketSocket.NoDescriptor
            && HelperRequest.TryParse(packet[..length], out HelperRequest request)
            && _table[request.Kind](request);
        if (!isRequest)
        {
            _host.Loop.Stop();
        }
    }

    private bool Start(HelperRequest request)
    {
        if (_starts.ContainsKey(request.Number))
        {
            return false;
        }

        StartEvents events = new(this, request.Number);
        if (_starts.Count >= MaxProcesses)
        {
            events.StartFailed(new DBusError(ErrorNames.SpawnFailed, $"the root helper watches {MaxProcesses} processes already"));
            return true;
        }

        ChildCommand? command = null;
        string? user = null;
        DBusError error = _descriptors.Find(request.Name, out ServiceDescriptor? service);
        if (service is not null)
        {
            error = HelperCommand.TryMake(request.Kind, service, _options, _host.Spawner, out command, out user);
        }

        if (command is null)
        {
            events.StartFailed(error);
            return true;
        }

        ChildStart start = new(_host, command, user, events);
        _starts.Add(request.Number, start);
        start.Begin();
        return true;
    }

    // What has ended in the meantime cannot be killed: that is no mistake of who asks.
    private bool Kill(HelperRequest request)
    {
        if (_starts.TryGetValue(request.Number, out ChildStart? start))
        {
            start.Kill();
        }

        return true;
    }

    private bool WatchDomain(HelperRequest request)
    {
        _ = _watched.Add(request.Name);
        _domains.Watch(request.Notice!);
        return _watched.Count <= MaxDomains;
    }

    private bool ForgetDomain(HelperRequest request)
    {
        _domains.Forget(request.Name);
        return _watched.Remove(request.Name);
    }

    private bool ConfirmDomain(HelperRequest request)
    {
        _domains.Confirm(request.Number);
        return true;
    }

    /// <summary>The bus has ended, or serves no more: what domains were told is taken back.</summary>
    public void Dispose() => _domains.Dispose();

    /// <summary>Waits for room: the bus reads on a thread that does nothing else.</summary>
    private void Answer(HelperAnswer answer, int? descriptor)
    {
        if (PacketSocket.Send(_socket.Descriptor, answer.ToPacket(), descriptor, 0) != 0)
        {
            _host.Loop.Stop();
        }
    }

    private sealed class StartEvents(HelperServer server, uint number) : IChildEvents
    {
        public void Made(int pid, int outputDescriptor)
        {
            server.Answer(HelperAnswer.Made(number, pid), outputDescriptor);
            _ = LibC.Close(outputDescriptor);
        }

        public void StartFailed(DBusError error)
        {
            _ = server._starts.Remove(number);
            server.Answer(HelperAnswer.StartFailed(number, error), null);
        }

        public void Ended(ServiceExit exit)
        {
            _ = server._starts.Remove(number);
            server.Answer(HelperAnswer.Ended(number, exit), null);
        }
    }
}
