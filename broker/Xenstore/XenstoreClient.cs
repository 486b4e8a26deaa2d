using System.Globalization;

namespace XcpBroker.Xenstore;

/// <summary>Asks xenstore, one request after the other, from one thread that may wait; keeps which watches have fired meanwhile.</summary>
/// <remarks>
/// What is kept is bounded: one packet, and of each watch whether it has fired. Whatever is not as the protocol has it, or does not come in
/// time, ends the connection: <see cref="IsLost"/>.
/// </remarks>
internal sealed class XenstoreClient(IXenstoreChannel channel, TimeProvider clock) : IDisposable
{
    /// <summary>A transaction that meets so many changes by others is given up.</summary>
    internal const int MaxAttempts = 32;

    private const uint NoTransaction = 0;

    /// <summary>For one answer. xenstored answers in microseconds, unless it is busy saving itself for a live update.</summary>
    internal static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    private readonly byte[] _received = new byte[XenstorePacket.MaxSize];
    private readonly HashSet<string> _tokens = new(StringComparer.Ordinal);
    private readonly HashSet<string> _fired = new(StringComparer.Ordinal);
    private int _length;
    private uint _lastRequest;

    /// <summary>Why there is no connection any more; null: there is one.</summary>
    internal string? Loss { get; private set; }

    internal bool IsLost => Loss is not null;

    internal XenstoreAnswer Read(string path, uint transaction = NoTransaction) => Ask(XenstoreType.Read, transaction, path);

    /// <summary>Makes the node, and those above it, if there are none.</summary>
    internal XenstoreAnswer Write(string path, string value, uint transaction = NoTransaction)
    {
        byte[] payload = XenstoreText.Join(path, value);
        return Ask(XenstoreType.Write, transaction, payload.AsMemory(0, payload.Length - 1)); // a value has no NUL behind it
    }

    internal XenstoreAnswer MakeDirectory(string path, uint transaction = NoTransaction) => Ask(XenstoreType.MakeDirectory, transaction, path);

    internal XenstoreAnswer Remove(string path, uint transaction = NoTransaction) => Ask(XenstoreType.Remove, transaction, path);

    /// <summary>The names of the nodes below one; a list that changes between its pieces may lack some.</summary>
    internal XenstoreAnswer List(string path)
    {
        XenstoreAnswer answer = Ask(XenstoreType.Directory, NoTransaction, path);
        return answer.Error == XenstoreAnswer.TooBig ? ListInParts(path) : answer;
    }

    internal XenstoreAnswer GetPermissions(string path, uint transaction = NoTransaction) => Ask(XenstoreType.GetPermissions, transaction, path);

    internal XenstoreAnswer SetPermissions(string path, uint transaction, params ReadOnlySpan<XenstorePermission> permissions)
    {
        List<string> texts = [path];
        foreach (XenstorePermission permission in permissions)
        {
            texts.Add(permission.ToString());
        }

        return Ask(XenstoreType.SetPermissions, transaction, [.. texts]);
    }

    internal XenstoreAnswer GetDomainPath(uint domid) => Ask(XenstoreType.GetDomainPath, NoTransaction, domid.ToString(CultureInfo.InvariantCulture));

    internal XenstoreAnswer IsIntroduced(uint domid) => Ask(XenstoreType.IsDomainIntroduced, NoTransaction, domid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Begins to watch; it fires once at once, and then whenever something there, or below, changes.</summary>
    /// <param name="path">A node, or <c>@introduceDomain</c> or <c>@releaseDomain</c>.</param>
    /// <param name="token">What the watch is called: no other has that name.</param>
    internal XenstoreAnswer Watch(string path, string token)
    {
        _ = _tokens.Add(token);
        return Ask(XenstoreType.Watch, NoTransaction, path, token);
    }

    internal XenstoreAnswer Unwatch(string path, string token)
    {
        XenstoreAnswer answer = Ask(XenstoreType.Unwatch, NoTransaction, path, token);
        _ = _tokens.Remove(token);
        _ = _fired.Remove(token);
        return answer;
    }

    /// <summary>Does several things at once or none, and again if others were in the way.</summary>
    /// <param name="steps">Gets the transaction's number; says why it must not be done, or null.</param>
    /// <returns>Why it was not done.</returns>
    internal string? Transact(Func<uint, string?> steps)
    {
        string? error = XenstoreAnswer.Again;
        for (int attempt = 0; attempt < MaxAttempts && error == XenstoreAnswer.Again; attempt++)
        {
            XenstoreAnswer started = Ask(XenstoreType.TransactionStart, NoTransaction, "");
            if (!started.IsDone)
            {
                return started.Error;
            }

            if (started.Texts is not [string text] || !uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint transaction) || transaction == NoTransaction)
            {
                return Lose("it names no transaction").Error;
            }

            error = steps(transaction);
            XenstoreAnswer ended = Ask(XenstoreType.TransactionEnd, transaction, error is null ? "T" : "F");
            error ??= ended.Error;
        }

        return error;
    }

    /// <summary>Waits until a watch has fired.</summary>
    /// <param name="patience">How long; null: until one has, or another thread ends the wait.</param>
    /// <returns>Whether one has, since this was last asked; the watches that have are forgotten.</returns>
    internal bool WaitForWatch(TimeSpan? patience)
    {
        long begun = clock.GetTimestamp();
        while (_fired.Count == 0 && !IsLost)
        {
            TimeSpan? left = patience - clock.GetElapsedTime(begun);
            XenstoreFrame frame = TryTake(out XenstorePacket? answer);
            if (answer is not null)
            {
                _ = Lose("it answers what was not asked");
            }
            else if (frame == XenstoreFrame.NeedMoreData && (left < TimeSpan.Zero || Fill(left, canBeWoken: true) == IXenstoreChannel.Nothing))
            {
                return false;
            }
        }

        bool hasFired = _fired.Count > 0;
        _fired.Clear();
        return hasFired;
    }

    public void Dispose() => channel.Dispose();

    private XenstoreAnswer Ask(XenstoreType type, uint transaction, params ReadOnlySpan<string> texts) =>
        Ask(type, transaction, XenstoreText.Join(texts));

    private XenstoreAnswer Ask(XenstoreType type, uint transaction, ReadOnlyMemory<byte> payload)
    {
        if (IsLost || payload.Length > XenstorePacket.MaxPayload)
        {
            return new XenstoreAnswer(Loss is null ? XenstoreAnswer.TooBig : XenstoreAnswer.Lost, default);
        }

        XenstorePacket request = new(type, ++_lastRequest, transaction, payload);
        return channel.Send(request.ToBytes()) ? WaitForAnswer(request) : Lose("it takes no request");
    }

    private XenstoreAnswer WaitForAnswer(in XenstorePacket request)
    {
        long begun = clock.GetTimestamp();
        while (true)
        {
            switch (TryTake(out XenstorePacket? answer))
            {
                case XenstoreFrame.Complete when answer is { } found:
                    return found.RequestId != request.RequestId ? Lose("it answers what was not asked")
                        : found.Type == request.Type ? new XenstoreAnswer(null, found.Payload)
                        : found.Type == XenstoreType.Error ? Refusal(found.Payload.Span)
                        : Lose("its answer is of another kind");
                case XenstoreFrame.TooLong:
                    return new XenstoreAnswer(XenstoreAnswer.Lost, default);
                case XenstoreFrame.NeedMoreData:
                    TimeSpan left = AnswerTime - clock.GetElapsedTime(begun);
                    if (left < TimeSpan.Zero || Fill(left, canBeWoken: false) == IXenstoreChannel.Nothing)
                    {
                        return Lose("it does not answer");
                    }

                    if (IsLost)
                    {
                        return new XenstoreAnswer(XenstoreAnswer.Lost, default);
                    }

                    break;
                default:
                    break;
            }
        }
    }

    private XenstoreAnswer Refusal(ReadOnlySpan<byte> payload) =>
        XenstoreText.Split(payload) is [{ Length: > 0 } word] && word != XenstoreAnswer.Lost
            ? new XenstoreAnswer(word, default)
            : Lose("its error has no name");

    /// <summary>Takes a packet from what was received; a watch's is noted, and <paramref name="answer"/> null.</summary>
    private XenstoreFrame TryTake(out XenstorePacket? answer)
    {
        answer = null;
        XenstoreFrame frame = XenstorePacket.TryRead(_received.AsSpan(0, _length), out XenstorePacket packet, out int length);
        if (frame == XenstoreFrame.TooLong)
        {
            _ = Lose("it sends a packet that is too long");
        }
        else if (frame == XenstoreFrame.Complete)
        {
            _received.AsSpan(length, _length - length).CopyTo(_received);
            _length -= length;
            if (packet.Type == XenstoreType.WatchEvent)
            {
                Note(packet.Payload.Span);
            }
            else
            {
                answer = packet;
            }
        }

        return frame;
    }

    // Path and token; newer ones may say more behind.
    private void Note(ReadOnlySpan<byte> payload)
    {
        if (XenstoreText.Split(payload) is [_, string token, ..] && _tokens.Contains(token))
        {
            _ = _fired.Add(token);
        }
    }

    private int Fill(TimeSpan? patience, bool canBeWoken)
    {
        int count = channel.Receive(_received.AsSpan(_length), patience, canBeWoken);
        _length += Math.Max(count, 0);
        if (count == IXenstoreChannel.Gone)
        {
            _ = Lose("it has closed the connection");
        }

        return count;
    }

    private XenstoreAnswer Lose(string why)
    {
        Loss ??= why;
        return new XenstoreAnswer(XenstoreAnswer.Lost, default);
    }

    /// <summary>Each piece is the generation of the list and names; one that ends with an empty name is the last.</summary>
    private XenstoreAnswer ListInParts(string path)
    {
        List<byte> names = [];
        int offset = 0;
        while (names.Count <= MaxListBytes)
        {
            XenstoreAnswer part = Ask(XenstoreType.DirectoryPart, NoTransaction, path, offset.ToString(CultureInfo.InvariantCulture));
            if (!part.IsDone)
            {
                return part;
            }

            ReadOnlySpan<byte> payload = part.Payload.Span;
            int generation = payload.IndexOf((byte)0);
            if (generation < 0)
            {
                return Lose("a piece of a list says nothing");
            }

            payload = payload[(generation + 1)..];
            bool isLast = payload.Length < 2 || payload[^2] == 0;
            ReadOnlySpan<byte> found = isLast ? payload.TrimEnd((byte)0) : payload;
            names.AddRange(found);
            if (isLast)
            {
                return new XenstoreAnswer(null, names.ToArray());
            }

            offset += payload.Length;
        }

        return new XenstoreAnswer(XenstoreAnswer.TooBig, default);
    }

    // Far more than there can be domains on a host.
    private const int MaxListBytes = 1 << 20;
}
