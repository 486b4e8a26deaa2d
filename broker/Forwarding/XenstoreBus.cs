using XcpBroker.Xenstore;

namespace XcpBroker.Forwarding;

/// <summary>What a domain is told of its bus.</summary>
/// <param name="Address">Where it is; null: nothing is said.</param>
/// <param name="Guid">Of the bus there; null: nothing is said.</param>
/// <param name="Token">What proves which domain this is, as in a token file; null: nothing is said.</param>
internal sealed record XenstoreNodes(string? Address, string? Guid, string? Token)
{
    /// <remarks>The token is nobody's business.</remarks>
    public override string ToString() => Address ?? "";
}

/// <summary>The nodes <c>xcp-bus/...</c> of this domain, as they are whenever somebody asks: they are others each time that the bus starts.</summary>
/// <param name="open">Connects to xenstore as this domain; null, with why: there is none.</param>
internal sealed class XenstoreBus(XenstoreOpener open) : IDisposable
{
    internal const string Source = "xenstore, xcp-bus/address";

    private const string Folder = "xcp-bus";
    private const string Host = "0";

    private XenstoreClient? _xenstore;
    private bool _isWatched;

    /// <summary>That of the machine that this runs in.</summary>
    /// <param name="problem">Why there is none that could say anything.</param>
    internal static XenstoreBus? OfThisMachine(out string? problem)
    {
        string? path = XenstoreLocation.OfEnvironment();
        XenstoreBus bus = new((out string? error) =>
            XenstoreDescriptor.Open(XenstoreLocation.Choose(path), null, out error) is { } channel ? new XenstoreClient(channel, TimeProvider.System) : null);
        problem = XenstoreLocation.Exists(path) ? bus.Problem() : "there is none here";
        return problem is null ? bus : null;
    }

    /// <summary>Why nothing can be found here; null: this is a domain that may be told something.</summary>
    internal string? Problem() => Connect(out string? problem) is not { } xenstore ? problem
        : xenstore.Read("domid").Text == Host ? "this is dom0, which is told nothing"
        : xenstore.Loss;

    /// <summary>Reads the nodes.</summary>
    /// <param name="patience">How long to wait for an address; null: not at all.</param>
    /// <param name="problem">Why there is nothing.</param>
    internal XenstoreNodes? Find(TimeSpan? patience, out string? problem)
    {
        if (Connect(out problem) is not { } xenstore)
        {
            return null;
        }

        // Watched before it is read: what comes in between is not missed. What has fired before is no news.
        if (patience is not null && !_isWatched)
        {
            _isWatched = xenstore.Watch(Folder, Folder).IsDone;
        }

        _ = xenstore.WaitForWatch(TimeSpan.Zero);
        XenstoreNodes? nodes = Read(xenstore, out problem);
        bool mayCome = true;
        while (patience is { } time && nodes?.Address is null && mayCome && !xenstore.IsLost)
        {
            mayCome = xenstore.WaitForWatch(time);
            nodes = Read(xenstore, out problem);
        }

        return nodes;
    }

    public void Dispose() => _xenstore?.Dispose();

    /// <summary>One connection serves all that ask, until xenstore ends it.</summary>
    private XenstoreClient? Connect(out string? problem)
    {
        problem = null;
        if (_xenstore is { IsLost: false } && _xenstore.Read("domid").Error != XenstoreAnswer.Lost)
        {
            return _xenstore;
        }

        _xenstore?.Dispose();
        _isWatched = false;
        return _xenstore = open(out problem);
    }

    /// <summary>All three at once, so that none is of another time than the others.</summary>
    private static XenstoreNodes? Read(XenstoreClient xenstore, out string? problem)
    {
        XenstoreNodes? nodes = null;
        problem = xenstore.Transact(transaction =>
        {
            XenstoreAnswer address = xenstore.Read($"{Folder}/address", transaction);
            XenstoreAnswer guid = xenstore.Read($"{Folder}/guid", transaction);
            XenstoreAnswer token = xenstore.Read($"{Folder}/token", transaction);
            nodes = new XenstoreNodes(address.Text, guid.Text, token.Text);
            return Refusal(address) ?? Refusal(guid) ?? Refusal(token);
        });
        problem = problem is null ? null : $"xenstore: {xenstore.Loss ?? problem}";
        return problem is null ? nodes : null;
    }

    private static string? Refusal(XenstoreAnswer answer) => answer.Error == XenstoreAnswer.NoNode ? null : answer.Error;
}

/// <summary>Connects to xenstore.</summary>
/// <param name="problem">Why that is not possible.</param>
internal delegate XenstoreClient? XenstoreOpener(out string? problem);
