using System.Buffers;
using System.IO.Pipelines;
using XcpBroker.Auth.Sasl;
using XcpBroker.Loop;
using XcpBroker.Transport;

namespace XcpBroker.Forwarding;

/// <summary>One client and its connection to the bus: two conversations, then one stream each way.</summary>
/// <remarks>Either end of it ends it: a D-Bus session cannot be taken up again.</remarks>
internal sealed class ForwardSession
{
    private static readonly TimeSpan AuthTime = TimeSpan.FromSeconds(30);

    private readonly Upstream _bus;
    private readonly ITransportConnection _client;
    private readonly Action<ForwardSession> _ended;
    private readonly SaslServer _sasl;
    private readonly ArrayBufferWriter<byte> _output = new(256);
    private readonly Deadline _authDeadline;
    private UpstreamAttempt? _attempt;
    private ForwardedStream? _toBus;
    private ForwardedStream? _toClient;
    private bool _isWaiting;
    private bool _isEnded;

    /// <param name="bus">The bus.</param>
    /// <param name="client">Who has connected.</param>
    /// <param name="isAllowed">Whether a user may use the forwarder.</param>
    /// <param name="ended">Told when it is over.</param>
    internal ForwardSession(Upstream bus, ITransportConnection client, Func<uint?, bool> isAllowed, Action<ForwardSession> ended)
    {
        _bus = bus;
        _client = client;
        _ended = ended;
        ForwardMechanism external = new(isAllowed, Reach, () => _attempt!.Guid);

        // The GUID of OK is the bus's own: it comes with the verdict.
        _sasl = new SaslServer(client.Credentials, new SaslTerms("", new SaslMechanisms(external)), canPassFds: false);
        _authDeadline = bus.Loop.Deadlines.After(AuthTime + bus.Patience, static state => ((ForwardSession)state!).End(), this);
        client.Start(new ClientSide(this));
    }

    internal void End()
    {
        if (!_isEnded)
        {
            _isEnded = true;
            _authDeadline.Cancel();
            _attempt?.Cancel();
            _client.Close();
            _ended(this);
        }
    }

    private void Reach(Action<bool> reached)
    {
        _attempt?.Cancel();
        _attempt = new UpstreamAttempt(_bus, new BusSide(this), isReached => reached(isReached));
    }

    private void ReadClient()
    {
        while (!_isEnded && !_isWaiting && _toBus is null && _client.Input.TryRead(out ReadResult result))
        {
            SaslOutcome outcome = _sasl.Receive(result.Buffer.FirstSpan, out int consumed, _output);
            SequencePosition taken = result.Buffer.GetPosition(consumed);
            bool needsMore = outcome == SaslOutcome.NeedMoreData;
            _client.Input.AdvanceTo(taken, needsMore ? result.Buffer.End : taken);
            Follow(outcome);
            if (result.IsCompleted && needsMore)
            {
                End();
            }
        }
    }

    private void Follow(SaslOutcome outcome)
    {
        bool isSaid = ShortText.TrySend(_client, _bus.Io.Pool, _output.WrittenSpan);
        _output.ResetWrittenCount();
        if (!isSaid || outcome == SaslOutcome.Disconnect)
        {
            End();
        }
        else if (outcome == SaslOutcome.Waiting)
        {
            _isWaiting = true;
            _client.NotifyWhenReadable(false);
            _sasl.Await(Resume);
        }
        else if (outcome == SaslOutcome.Authenticated)
        {
            Join();
        }
    }

    private void Resume()
    {
        // Not at once: who decides may still be on the way to say so.
        _bus.Loop.Schedule(static state => ((ForwardSession)state!).GoOn(), this);
    }

    private void GoOn()
    {
        if (!_isEnded)
        {
            _isWaiting = false;
            _client.NotifyWhenReadable(true);
            Follow(_sasl.Resume(_output));
            ReadClient();
        }
    }

    private void Join()
    {
        _authDeadline.Cancel();
        ITransportConnection bus = _attempt!.Connection!;
        _toBus = new ForwardedStream(_client, bus);
        _toClient = new ForwardedStream(bus, _client);
        Check(_toBus.TryMove() && _toClient.TryMove());
    }

    private void Check(bool goesOn)
    {
        if (!goesOn || _toClient!.IsOver)
        {
            End();
        }
    }

    /// <summary>Nobody is there any more to whom anything could be said; what he has said still goes to the bus.</summary>
    private void ClientHungUp()
    {
        if (_toBus is null || _toBus.IsOver)
        {
            End();
        }
    }

    private sealed class ClientSide(ForwardSession session) : ITransportEvents
    {
        public void OnReadable()
        {
            if (session._toBus is { } stream)
            {
                session.Check(stream.TryMove());
            }
            else
            {
                session.ReadClient();
            }
        }

        public void OnWritable() => session.Check(session._toClient!.Unblock());

        public void OnHungUp() => session.ClientHungUp();
    }

    private sealed class BusSide(ForwardSession session) : ITransportEvents
    {
        public void OnReadable()
        {
            if (session._toClient is { } stream)
            {
                session.Check(stream.TryMove());
            }
            else
            {
                // Before the client has begun the bus has nothing to say but that it is gone.
                session.End();
            }
        }

        public void OnWritable() => session.Check(session._toBus!.Unblock());

        public void OnHungUp() => session.End();
    }
}
