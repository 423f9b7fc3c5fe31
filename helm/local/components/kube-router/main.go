// Kube-router's firewall, which enforces NetworkPolicies on one node by iptables and ip
// sets, without its router and its service proxy: those would bring BGP and IPVS along,
// and this kernel has no IPVS.
//
// Rules stay when it ends, so that a node is not open while it is started anew.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const pause = 500 * time.Millisecond

func main() {
	kubeconfig := flag.String("kubeconfig", "", "Path of the kubeconfig.")
	node := flag.String("node", "", "Name of the node whose pods are protected.")
	services := flag.String("service-cluster-ip-range", "", "Addresses of Services.")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(
		context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, *kubeconfig, *node, *services); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, kubeconfig, node, services string) error {
	client, err := connect(kubeconfig)
	if err != nil {
		return err
	}
	if err := awaitNode(ctx, client, node); err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(),
		pods.HasSynced, namespaces.HasSynced, policies.HasSynced) {
		return ctx.Err()
	}

	config := options.NewKubeRouterConfig()
	config.EnableIPv4 = true
	config.HostnameOverride = node
	config.ClusterIPCIDRs = []string{services}
	iptables, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	controller, err := netpol.NewNetworkPolicyController(client, config,
		pods, policies, namespaces, &sync.Mutex{}, iptables, sets)
	if err != nil {
		return err
	}
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods:       controller.PodEventHandler,
		namespaces: controller.NamespaceEventHandler,
		policies:   controller.NetworkPolicyEventHandler,
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	var running sync.WaitGroup
	running.Add(1)
	controller.Run(heartbeats(ctx), ctx.Done(), &running)
	running.Wait()
	return nil
}

func connect(kubeconfig string) (kubernetes.Interface, error) {
	found, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(found)
}

// The kubelet may still be about to register its node with the address.
func awaitNode(ctx context.Context, client kubernetes.Interface, name string) error {
	for {
		found, err := client.CoreV1().Nodes().Get(ctx, name, meta.GetOptions{})
		if err == nil && len(found.Status.Addresses) > 0 {
			return os.Setenv("NODE_NAME", name)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// Somebody has to take the controller's signs of life.
func heartbeats(ctx context.Context) chan<- *healthcheck.ControllerHeartbeat {
	signs := make(chan *healthcheck.ControllerHeartbeat, 10)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-signs:
			}
		}
	}()
	return signs
}
