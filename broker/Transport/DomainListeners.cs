using XcpBroker.Config;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>Opens and closes sockets of domains on the bus loop. A socket file is made in a moment, and anew for whoever gets the path next.</summary>
/// <param name="open">Makes the socket; <see cref="StartException"/> says why not.</param>
/// <param name="listen">Accepts on it from now on.</param>
internal sealed class DomainListeners(Func<UnixListenAddress, ListeningSocket> open, Func<ListeningSocket, IReadOnlyList<IListener>> listen)
    : IDomainListeners
{
    private readonly Dictionary<Place, (ListeningSocket Socket, IReadOnlyList<IListener> Listeners)> _open = [];

    /// <summary>Told of each that accepts no more; set once by who owns them all.</summary>
    internal required Action<IListener> Closed { get; init; }

    /// <summary>One that was open before the bus ran.</summary>
    internal void Add(ListeningSocket socket, IReadOnlyList<IListener> listeners)
    {
        if (socket.Address is UnixListenAddress { Domain: not null } address)
        {
            _open.Add(Place.Of(address), (socket, listeners));
        }
    }

    public IReadOnlyList<(UnixListenAddress Address, string Problem)> Apply(IReadOnlyCollection<UnixListenAddress> wanted)
    {
        HashSet<Place> places = [.. wanted.Select(Place.Of)];
        foreach (Place place in _open.Keys.Where(place => !places.Contains(place)).ToArray())
        {
            Close(place);
        }

        List<(UnixListenAddress, string)> problems = [];
        foreach (UnixListenAddress address in wanted.Where(address => !_open.ContainsKey(Place.Of(address))))
        {
            ListeningSocket? socket = null;
            try
            {
                socket = open(address);
                _open[Place.Of(address)] = (socket, listen(socket));
            }
            catch (StartException e)
            {
                socket?.Close();
                socket?.RemoveFiles();
                problems.Add((address, e.Message));
            }
        }

        return problems;
    }

    /// <summary>The bus ends.</summary>
    internal void CloseAll()
    {
        foreach (Place place in _open.Keys.ToArray())
        {
            Close(place);
        }
    }

    private void Close(Place place)
    {
        _ = _open.Remove(place, out (ListeningSocket Socket, IReadOnlyList<IListener> Listeners) closed);
        foreach (IListener listener in closed.Listeners)
        {
            listener.Dispose();
            Closed(listener);
        }

        closed.Socket.RemoveFiles();
    }

    private readonly record struct Place(UnixAddressKind Kind, string Name, string Domain)
    {
        internal static Place Of(UnixListenAddress address) => new(address.Kind, address.Value, address.Domain!);
    }
}
