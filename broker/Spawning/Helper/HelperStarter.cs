using Microsoft.Extensions.Logging;
using XcpBroker.Activation;
using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Protocol;
using XcpBroker.Xenstore;

namespace XcpBroker.Spawning.Helper;

/// <summary>Starts services by asking the root helper; of a command it passes on nothing but the name.</summary>
/// <remarks>Everything below <see cref="Start"/> is on the process loop; the bus loop asks, and is answered there.</remarks>
internal sealed class HelperStarter : IServiceStarter, IDomainWatch
{
    private readonly BusLoop _bus;
    private readonly ProcessThread _processes;
    private readonly int _socket;
    private readonly ILogger _log;
    private readonly Dictionary<uint, ServiceProcess> _started = [];
    private readonly Queue<byte[]> _unsent = [];
    private DescriptorWatch? _watch;
    private bool _isLost;
    private uint _last;

    /// <param name="bus">The bus loop.</param>
    /// <param name="processes">Where the helper's answers are read.</param>
    /// <param name="socket">The bus's end; stays <see cref="HelperProcess"/>'s, since its close tells the helper that the bus has ended.</param>
    /// <param name="log">Where it is noted.</param>
    internal HelperStarter(BusLoop bus, ProcessThread processes, int socket, ILogger log)
    {
        _bus = bus;
        _processes = processes;
        _socket = socket;
        _log = log;
        processes.Loop.Schedule(static state => ((HelperStarter)state!).Watch(), this);
    }

    public IStartedService Start(ServiceCommand command, IServiceEvents events)
    {
        HelperStart start = new(this, ++_last, command, events);
        _processes.Loop.Schedule(static state => ((HelperStart)state!).Begin(), start);
        return start;
    }

    /// <summary>Who is told of domains, on the bus loop; set before the first is watched.</summary>
    internal IDomainEvents? DomainEvents { private get; set; }

    public void Watch(DomainNotice notice) => AskOfDomains(HelperRequest.WatchDomain(notice));

    public void Forget(string name) => AskOfDomains(HelperRequest.ForgetDomain(name));

    public void Confirm(uint domid) => AskOfDomains(HelperRequest.ConfirmDomain(domid));

    private void AskOfDomains(HelperRequest request) => _processes.Loop.Schedule(_ => Ask(request), null);

    private void Watch() => _watch = DescriptorWatch.Create(_processes.Loop, _socket, OnReadable);

    private void Ask(HelperRequest request)
    {
        if (!_isLost)
        {
            _unsent.Enqueue(request.ToPacket());
            SendWaiting();
        }
    }

    // Never waits: the helper may be waiting for this thread to take its answers. What finds no room goes after the next answer,
    // since the helper has requests to read and so answers to give.
    private void SendWaiting()
    {
        while (!_isLost && _unsent.TryPeek(out byte[]? packet))
        {
            int error = PacketSocket.Send(_socket, packet, null, LibC.MSG_DONTWAIT);
            if (error is LibC.EAGAIN or LibC.ENOMEM or LibC.ENOBUFS)
            {
                return;
            }

            _ = _unsent.Dequeue();
            if (error != 0)
            {
                Lose();
            }
        }
    }

    private void OnReadable()
    {
        Span<byte> packet = stackalloc byte[HelperAnswer.MaxSize];
        int length = PacketSocket.Receive(_socket, packet, out int descriptor);
        if (length == PacketSocket.Later)
        {
            return;
        }

        if (length <= 0)
        {
            Lose();
        }
        else if (HelperAnswer.TryParse(packet[..length], out HelperAnswer answer) && DomainEvents is { } events && descriptor == PacketSocket.NoDescriptor
            && HelperDomainEvents.TryTell(answer, new EventsOnLoop(_bus, events)))
        {
            SendWaiting();
        }
        else if (answer == default
            || !_started.TryGetValue(answer.Number, out ServiceProcess? process)
            || (answer.Kind == HelperAnswerKind.Made) != (descriptor != PacketSocket.NoDescriptor))
        {
            SpawnLog.HelperMisspoke(_log, $"a packet of {length} bytes");
            Lose();
        }
        else
        {
            Take(answer, process, descriptor);
            SendWaiting();
        }
    }

    private void Take(HelperAnswer answer, ServiceProcess process, int descriptor)
    {
        switch (answer.Kind)
        {
            case HelperAnswerKind.Made:
                TakeMade(answer, process, descriptor);
                break;
            case HelperAnswerKind.StartFailed:
                _ = _started.Remove(answer.Number);
                process.StartFailed(answer.Error);
                break;
            default:
                _ = _started.Remove(answer.Number);
                process.Ended(answer.Exit);
                break;
        }
    }

    // Without a reader the first line that it writes would end it, some time: it ends now, and those who wait for it are told.
    private void TakeMade(HelperAnswer answer, ServiceProcess process, int descriptor)
    {
        if (descriptor >= 0)
        {
            process.Made(answer.Pid, descriptor);
            return;
        }

        SpawnLog.NoRoomForOutput(_log, answer.Pid);
        Ask(new HelperRequest(HelperRequestKind.Kill, answer.Number, ""));
    }

    /// <summary>Nobody knows what becomes of what runs: for those who wait it has failed, and they are told so.</summary>
    private void Lose()
    {
        if (_isLost)
        {
            return;
        }

        _isLost = true;
        _watch?.Leave();
        SpawnLog.HelperLost(_log);
        foreach (ServiceProcess process in _started.Values)
        {
            process.StartFailed(Lost);
        }

        _started.Clear();
        _unsent.Clear();
    }

    private static DBusError Lost => new(ErrorNames.SpawnFailed, "the root helper, which starts services, answers no more");

    private sealed class HelperStart(HelperStarter starter, uint number, ServiceCommand command, IServiceEvents events) : IStartedService
    {
        public void Kill() =>
            starter._processes.Loop.Schedule(static state => ((HelperStart)state!).Ask(HelperRequestKind.Kill, ""), this);

        internal void Begin()
        {
            ServiceProcess process = new(command.Label, starter._processes.Loop, starter._bus, events, starter._log);
            if (starter._isLost)
            {
                process.StartFailed(Lost);
                return;
            }

            starter._started.Add(number, process);
            Ask(Kind, command.Name);
        }

        private HelperRequestKind Kind => command.Kind switch
        {
            StartKind.Unit => HelperRequestKind.StartUnit,
            StartKind.Domain => HelperRequestKind.StartDomain,
            _ => HelperRequestKind.Start,
        };

        private void Ask(HelperRequestKind kind, string service)
        {
            if (starter._started.ContainsKey(number))
            {
                starter.Ask(new HelperRequest(kind, number, service));
            }
        }
    }
}
