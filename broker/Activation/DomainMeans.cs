using Microsoft.Extensions.Logging;
using XcpBroker.Config.Services;
using XcpBroker.Loop;
using XcpBroker.Protocol;

namespace XcpBroker.Activation;

/// <summary>Starts the domain that a service lives in, unless it is there; the service in it then comes by itself.</summary>
/// <remarks>
/// One run for all names of a domain, and at most one in an <see cref="Interval"/>: names that are called meanwhile wait for that run, or
/// fail as it did. A run that takes longer than a service may is ended.
/// </remarks>
internal sealed class DomainMeans(
    IServiceStarter starter, ActivationEnvironment environment, DomainStarter program, IDomainPresence presence, BusLoop loop, ActivationLimits limits, ILogger log)
    : IStartMeans
{
    /// <summary>About what a small domain takes from its creation to the first connection.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Run> _runs = new(StringComparer.Ordinal);

    public void Begin(PendingStart start)
    {
        string domain = start.Descriptor!.Domain!;
        if (presence.IsConnected(domain))
        {
            return;
        }

        if (!_runs.TryGetValue(domain, out Run? run) || run.IsOld)
        {
            _runs[domain] = run = new Run(this, domain);
            run.Begin(start);
        }
        else
        {
            run.Join(start);
        }
    }

    /// <summary>The bus ends: what runs goes on.</summary>
    internal void Shutdown()
    {
        foreach (Run run in _runs.Values)
        {
            run.Deadline.Cancel();
        }
    }

    /// <summary>One run of the program.</summary>
    private sealed class Run(DomainMeans owner, string domain) : IServiceEvents
    {
        private readonly long _began = owner.Clock.GetTimestamp();
        private readonly List<PendingStart> _waiting = [];
        private IStartedService? _process;
        private bool _hasEnded;
        private DBusError _error;

        internal Deadline Deadline { get; private set; }

        internal bool IsOld => _hasEnded && owner.Clock.GetElapsedTime(_began) >= Interval;

        internal void Begin(PendingStart start)
        {
            _waiting.Add(start);
            ActivationLog.StartingDomain(owner.Log, domain, start.Name);
            Deadline = owner.Deadlines.After(owner.Timeout, static state => ((Run)state!)._process!.Kill(), this);
            _process = owner.Start(start, domain, this);
        }

        internal void Join(PendingStart start)
        {
            if (_error.IsNone)
            {
                _ = _waiting.RemoveAll(static other => other.IsOver);
                _waiting.Add(start);
            }
            else
            {
                start.StartFailed(_error);
            }
        }

        public void StartFailed(DBusError error)
        {
            End();
            _error = error;
            foreach (PendingStart start in _waiting.ToArray())
            {
                start.StartFailed(error);
            }

            _waiting.Clear();
        }

        public void Ended(ServiceExit exit)
        {
            if (exit is { Signal: 0, Status: 0 })
            {
                End();
                _waiting.Clear();
            }
            else
            {
                StartFailed(DBusError.DomainNotStarted(domain, exit.Status, exit.Signal));
            }
        }

        private void End()
        {
            _hasEnded = true;
            Deadline.Cancel();
        }
    }

    private TimeProvider Clock => loop.Clock;

    private Deadlines Deadlines => loop.Deadlines;

    private TimeSpan Timeout => limits.StartTimeout;

    private ILogger Log => log;

    private IStartedService Start(PendingStart start, string domain, IServiceEvents events) => starter.Start(
        new ServiceCommand
        {
            Kind = StartKind.Domain,
            Name = start.Name,
            DescriptorPath = start.Descriptor!.FilePath,
            Arguments = program.Fill(domain, start.Name),
            Environment = environment.Build(),
        },
        events);
}
